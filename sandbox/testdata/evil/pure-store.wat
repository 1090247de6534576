;; Tries to keep a bit in memory in a function that nothing is put back after. Must: refused G055
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func $mark (i64.store (i32.const 512) (i64.const 1)))
  (func (export "run") (param i64) (result i32 f64)
    (call $mark)
    (i32.const 1) (f64.convert_i64_s (i64.load (i32.const 512))))
)
