;; Tries to make the host keep a second copy of the largest memory. Must: refused G064
(module
  (memory (export "memory") 1024)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "_initialize")
    (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x4000000)))
  (func (export "run") (param i32) (result i32)
    (i32.store (i32.const 0x10000) (i32.const 1))
    (f64.store (i32.const 0x10010) (f64.convert_i32_u (i32.load8_u (i32.const 0x3ffffff))))
    (i64.store (i32.const 0x3fffff8) (i64.const 5))
    (i32.const 0)
  )
)
