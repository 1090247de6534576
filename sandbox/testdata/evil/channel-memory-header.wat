;; Tries to keep a note in the unused bytes of the window's header. Must: ok with 0
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32)
    (i32.store (i32.const 0x10000) (i32.const 1))
    (f64.store (i32.const 0x10010) (f64.convert_i64_s (i64.load (i32.const 0x20030))))
    (i64.store (i32.const 0x20030) (i64.const 41))
    (i32.const 0)
  )
)
