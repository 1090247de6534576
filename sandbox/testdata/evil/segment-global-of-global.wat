;; Tries to start a global from another. Must: refused G022
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (global $a i32 (i32.const 1))
  (global i32 (global.get $a))
  (func (export "run") (param $rows i32) (result i32)
    (i32.const 0)
  )
)
