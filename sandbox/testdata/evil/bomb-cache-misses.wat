;; Tries to miss the cache with every load. Must: out of fuel
(module
  (memory (export "memory") 1024)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32) (local $a i32)
    (loop $ever
      (local.set $a (i32.add (i32.mul (i32.add (local.get $a) (i32.load (i32.and (local.get $a) (i32.const 0x3fffffc)))) (i32.const 1664525)) (i32.const 1013904223)))
      (br $ever))
    (i32.const 0)
  )
)
