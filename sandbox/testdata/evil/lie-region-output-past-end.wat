;; Tries to let the output go past the end. Must: refused G063
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param $in i32) (param $out i32) (result i64)
    (i64.or (i64.shl (i64.const 131072) (i64.const 32)) (i64.const 262080)))
  (func (export "run") (param i32) (result i32) (i32.const 0))
)
