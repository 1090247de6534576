;; Tries to have the host fill memory for ever, called through the table. Must: out of fuel
(module
  (import "wasi_snapshot_preview1" "random_get" (func $w (param i32 i32) (result i32)))
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (table 1 funcref)
  (elem (i32.const 0) func $w)
  (func (export "run") (param $rows i32) (result i32)
    (loop $ever (drop (call_indirect (param i32 i32) (result i32) (i32.const 0) (i32.const 4096) (i32.const 0))) (br $ever))
    (i32.const 0)
  )
)
