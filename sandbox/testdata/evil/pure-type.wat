;; Tries to be called by row under the type of a call by unit. Must: refused G054
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param i32) (result i32) (i32.const 0))
)
