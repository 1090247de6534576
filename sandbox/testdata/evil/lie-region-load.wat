;; Tries to read past its memory in gbx_buffers. Must: refused G061
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param $in i32) (param $out i32) (result i64)
    (i64.load (i32.const 0x90000)))
  (func (export "run") (param i32) (result i32) (i32.const 0))
)
