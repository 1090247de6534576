;; Tries to keep an i64 in an i32 local. Must: refused G060
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32)
    (local.set $rows (i64.const 1))
    (i32.const 0)
  )
)
