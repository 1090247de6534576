;; Tries to grow before it says where its regions are. Must: ok
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param $in i32) (param $out i32) (result i64)
    (drop (memory.grow (i32.const 2)))
    (i64.const 0x5000000010000))
  (func (export "run") (param i32) (result i32) (i32.const 0))
)
