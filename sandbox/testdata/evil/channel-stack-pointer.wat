;; Tries to leave its own stack pointer lower after each unit. Must: ok with 65520
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (global $sp (mut i32) (i32.const 65536))
  (func (export "run") (param $rows i32) (result i32)
    (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
    (i32.store (global.get $sp) (i32.const 9))
    (i32.store (i32.const 0x10000) (i32.const 1))
    (f64.store (i32.const 0x10010) (f64.convert_i32_s (global.get $sp)))
    (i32.const 0)
  )
)
