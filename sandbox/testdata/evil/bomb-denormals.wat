;; Tries to multiply numbers that are slow on some machines. Must: out of fuel
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32) (local $a f64)
    (local.set $a (f64.const 0x1p-1060))
    (loop $ever (local.set $a (f64.mul (local.get $a) (f64.const 0.99999))) (local.set $a (f64.max (local.get $a) (f64.const 0x1p-1060))) (br $ever))
    (i32.const 0)
  )
)
