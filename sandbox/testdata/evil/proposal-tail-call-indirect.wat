;; Tries to call without a frame through the table. Must: refused G031
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (table 1 funcref)
  (func (export "run") (param $rows i32) (result i32)
    (return_call_indirect (result i32) (i32.const 0))
  )
)
