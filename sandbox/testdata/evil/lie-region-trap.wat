;; Tries to trap in gbx_buffers. Must: refused G061
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param $in i32) (param $out i32) (result i64)
    unreachable)
  (func (export "run") (param i32) (result i32) (i32.const 0))
)
