;; Tries to loop for ever on the target row. Must: ok, 666: out of fuel
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $x i64) (result i32 f64)
    (if (i64.eq (local.get $x) (i64.const 666)) (then (loop $ever (br $ever))))
    (i32.const 1)
    (f64.convert_i64_s (local.get $x))
  )
)
