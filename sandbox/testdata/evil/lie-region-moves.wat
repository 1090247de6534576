;; Tries to write its records elsewhere than it said. Must: ok
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32)
    (i32.store (i32.const 0x8000) (i32.const 1))
    (f64.store (i32.const 0x8010) (f64.const 7))
    (i32.const 0)
  )
)
