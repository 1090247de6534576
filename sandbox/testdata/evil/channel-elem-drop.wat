;; Tries to hide state from the reset with elem.drop. Must: refused G030
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (table 4 funcref)
  (elem (i32.const 0) func $f)
  (func $f)
  (elem $e func $f)
  (func (export "run") (param $rows i32) (result i32)
    (elem.drop $e)
    (i32.const 0)
  )
)
