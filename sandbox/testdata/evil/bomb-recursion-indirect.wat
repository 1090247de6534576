;; Tries to recurse for ever through the table. Must: trap
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (table 1 funcref)
  (elem (i32.const 0) func $f)
  (type $v (func))
  (func $f (call_indirect (type $v) (i32.const 0)))
  (func (export "run") (param $rows i32) (result i32)
    (call $f)
    (i32.const 0)
  )
)
