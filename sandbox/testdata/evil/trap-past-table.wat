;; Tries to call past the table. Must: trap
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (table 2 funcref)
  (func (export "run") (param $rows i32) (result i32)
    (call_indirect (result i32) (i32.const -1))
  )
)
