;; Tries to say one bit by the status on the target. Must: ok, 666: status
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32)
    (if (i64.eq (call $x) (i64.const 666)) (then
      (return (i32.const 7))
    ))
    (i32.store (i32.const 0x10000) (i32.const 1))
    (f64.store (i32.const 0x10010) (f64.const 1))
    (i32.const 0)
  )
  (func $x (result i64) ;; the first value of column x
    (i64.load (i32.add (i32.const 0x20000) (i32.load offset=24 (i32.add (i32.const 0x20000) (i32.load (i32.const 0x20018)))))))
)
