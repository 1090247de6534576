;; Tries to count units in a v128 global, which the host cannot set. Must: refused G022
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (global $g (mut v128) (v128.const i64x2 0 0))
  (func (export "run") (param $rows i32) (result i32)
    (global.set $g (v128.not (global.get $g)))
    (i32.const 0)
  )
)
