;; Tries to let another function store. Must: refused G055
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $x i64) (result i32 f64)
    (call $f)
    (i32.const 1)
    (f64.convert_i64_s (local.get $x))
  )
  (func $f (i32.store8 (i32.const 512) (i32.const 1)))
)
