;; Tries to grow the memory on the target only and tell the next unit by its size. Must: ok with 4
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32)
    (i32.store (i32.const 0x10000) (i32.const 1))
    (f64.store (i32.const 0x10010) (f64.convert_i32_s (memory.size)))
    (if (i64.eq (call $x) (i64.const 666)) (then
      (drop (memory.grow (i32.const 2)))
    ))
    (i32.const 0)
  )
  (func $x (result i64) ;; the first value of column x
    (i64.load (i32.add (i32.const 0x20000) (i32.load offset=24 (i32.add (i32.const 0x20000) (i32.load (i32.const 0x20018)))))))
)
