;; Tries to count units in a global that it exports itself, under two names. Must: ok with 0
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (global $g (export "g") (export "h") (mut i32) (i32.const 0))
  (func (export "run") (param $rows i32) (result i32)
    (i32.store (i32.const 0x10000) (i32.const 1))
    (f64.store (i32.const 0x10010) (f64.convert_i32_s (global.get $g)))
    (global.set $g (i32.add (global.get $g) (i32.const 1)))
    (i32.const 0)
  )
)
