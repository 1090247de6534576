;; Tries to print 2^32-1 pieces. Must: ok with 28
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32)
    (i32.store (i32.const 0x10000) (i32.const 1))
    (f64.store (i32.const 0x10010) (f64.convert_i32_s (call $w (i32.const 1) (i32.const 0) (i32.const -1) (i32.const 1024))))
    (i32.const 0)
  )
)
