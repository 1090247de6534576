;; Tries to select between references. Must: refused G025
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32)
    (drop (select (result funcref) (ref.null func) (ref.null func) (i32.const 0)))
    (i32.const 0)
  )
)
