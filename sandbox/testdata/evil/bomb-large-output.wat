;; Tries to ask for an output of 16 MiB. Must: ok
(module
  (memory (export "memory") 300)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64)
    (i64.or (i64.const 0x2000000000) (i64.const 0))
    drop
    (i64.or (i64.shl (i64.const 0x10000) (i64.const 32)) (i64.const 0x100000)))
  (func (export "run") (param $rows i32) (result i32)
    (i32.const 0)
  )
)
