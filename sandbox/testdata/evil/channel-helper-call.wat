;; Tries to call a helper of the rewrite behind its last function. Must: refused G005
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32)
    (drop (call 4 (i32.const 0)))
    (i32.const 0)
  )
)
