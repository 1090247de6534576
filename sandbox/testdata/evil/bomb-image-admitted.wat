;; Tries to make the host keep as large a copy as it may. Must: ok with 1
(module
  (memory (export "memory") 1024)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "_initialize")
    (memory.fill (i32.const 0x100000) (i32.const 1) (i32.const 0xf00000)))
  (func (export "run") (param i32) (result i32)
    (i32.store (i32.const 0x10000) (i32.const 1))
    (f64.store (i32.const 0x10010) (f64.convert_i32_u (i32.load8_u (i32.const 0xffffff))))
    (i64.store (i32.const 0xfffff8) (i64.const 5))
    (i32.const 0)
  )
)
