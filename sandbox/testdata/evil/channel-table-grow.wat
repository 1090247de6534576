;; Tries to hide state from the reset with table.grow. Must: refused G030
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (table 4 funcref)
  (elem (i32.const 0) func $f)
  (func $f)
  (func (export "run") (param $rows i32) (result i32)
    (drop (table.grow 0 (ref.null func) (i32.const 1)))
    (i32.const 0)
  )
)
