;; Tries to touch every page of the largest memory in each unit. Must: ok
(module
  (memory (export "memory") 1024)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32) (local $p i32)
    (loop $more
      (i32.store8 (local.get $p) (i32.const 1))
      (br_if $more (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 4096))) (i32.const 0x4000000))))
    (i64.store (i32.const 0x10000) (i64.const 0))
    (i32.const 0)
  )
)
