;; Tries to hide a select of floats behind the type of integers, which the runtime's validator does not compare. Must: refused G025
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32)
    (i32.store (i32.const 0x10000) (i32.const 1))
    (f64.store (i32.const 0x10010) (select (result i64) (f64.const 1) (f64.const 2) (local.get $rows)))
    (i32.const 0)))
