;; Tries to fill memory for ever in _initialize. Must: refused G061
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param i32) (result i32) (i32.const 0))
  (func $i (export "_initialize") (loop $ever (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x40000)) (br $ever)))
)
