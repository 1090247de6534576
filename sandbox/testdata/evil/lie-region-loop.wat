;; Tries to loop for ever in gbx_buffers. Must: refused G061
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param $in i32) (param $out i32) (result i64)
    (loop $ever (br $ever))
    (i64.const 0))
  (func (export "run") (param i32) (result i32) (i32.const 0))
)
