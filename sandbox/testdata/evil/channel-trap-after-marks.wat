;; Tries to mark memory, globals and size, then trap on the target. Must: ok with 4, 666: trap
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (global $g (mut i32) (i32.const 0))
  (func (export "run") (param $rows i32) (result i32)
    (i32.store (i32.const 0x10000) (i32.const 1))
    (f64.store (i32.const 0x10010) (f64.add (f64.convert_i64_s (i64.load (i32.const 512))) (f64.add (f64.convert_i32_s (global.get $g)) (f64.convert_i32_s (memory.size)))))
    (i64.store (i32.const 512) (i64.const 60))
    (global.set $g (i32.const 50))
    (if (i64.eq (call $x) (i64.const 666)) (then
      (drop (memory.grow (i32.const 1)))
      unreachable
    ))
    (i32.const 0)
  )
  (func $x (result i64) ;; the first value of column x
    (i64.load (i32.add (i32.const 0x20000) (i32.load offset=24 (i32.add (i32.const 0x20000) (i32.load (i32.const 0x20018)))))))
)
