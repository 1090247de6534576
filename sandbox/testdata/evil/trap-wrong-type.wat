;; Tries to call a function under another type. Must: trap
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (table 2 funcref)
  (func $f (result i64) (i64.const 1))
  (elem (i32.const 0) func $f)
  (func (export "run") (param $rows i32) (result i32)
    (call_indirect (result i32) (i32.const 0))
  )
)
