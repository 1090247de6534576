;; Tries to export an imported function as its entry point. Must: refused G014
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $w (param i32) (result i32)))
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (export "other" (func $w))
  (func (export "run") (param $rows i32) (result i32)
    (i32.const 0)
  )
)
