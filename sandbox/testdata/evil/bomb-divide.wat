;; Tries to divide for ever. Must: out of fuel
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32) (local $a i64)
    (loop $ever (local.set $a (i64.div_s (i64.const 0x7fffffffffffffff) (i64.or (local.get $a) (i64.const 3)))) (br $ever))
    (i32.const 0)
  )
)
