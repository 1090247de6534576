;; Tries to tell by memory.size whether an earlier unit grew the memory. Must: ok with 4
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32)
    (i32.store (i32.const 0x10000) (i32.const 1))
    (f64.store (i32.const 0x10010) (f64.convert_i32_s (memory.size)))
    (drop (memory.grow (i32.const 1)))
    (i32.const 0)
  )
)
