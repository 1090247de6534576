;; Tries to put its log where the rows are. Must: refused G065
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "gbx_log") (result i64) (i64.const 0x2000000000040))
  (func (export "run") (param i32) (result i32) (i32.const 0))
)
