;; A module that is admitted and compiles, and traps before its first unit.
(module
  (memory (export "memory") 1)
  (func (export "_initialize") unreachable)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x40000000800))
  (func (export "income") (param i32) (result i32) (i32.const 0))
)
