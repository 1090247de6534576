;; Tries to see another function behind an entry of the table. Must: ok with 6
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (table 2 funcref)
  (func $f (result f64) (f64.const 6))
  (elem (i32.const 1) func $f)
  (func (export "run") (param $rows i32) (result i32)
    (i32.store (i32.const 0x10000) (i32.const 1))
    (f64.store (i32.const 0x10010) (call_indirect (result f64) (i32.const 1)))
    (i32.const 0)
  )
)
