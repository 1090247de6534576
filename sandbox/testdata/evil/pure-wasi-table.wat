;; Tries to let the host store for it, called through the table. Must: refused G055
(module
  (import "wasi_snapshot_preview1" "random_get" (func $w (param i32 i32) (result i32)))
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (table 1 funcref)
  (elem (i32.const 0) func $w)
  (func (export "run") (param $x i64) (result i32 f64)
    (drop (call_indirect (param i32 i32) (result i32) (i32.const 512) (i32.const 8) (i32.const 0)))
    (i32.const 1)
    (f64.convert_i64_s (local.get $x))
  )
)
