;; Tries to point to where growth failed. Must: refused G063
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param $in i32) (param $out i32) (result i64)
    (drop (memory.grow (i32.const 100)))
    (i64.const 0x64000000010000))
  (func (export "run") (param i32) (result i32) (i32.const 0))
)
