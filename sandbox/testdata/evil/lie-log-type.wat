;; Tries to export a log of another type. Must: refused G054
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "gbx_log") (param i32) (result i64) (i64.const 0x100000000040))
  (func (export "run") (param i32) (result i32) (i32.const 0))
)
