;; Tries to divide vectors for ever. Must: out of fuel
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32) (local $a v128)
    (loop $ever (local.set $a (f64x2.sqrt (f64x2.div (local.get $a) (v128.const f64x2 3.1 1e-300)))) (br $ever))
    (i32.const 0)
  )
)
