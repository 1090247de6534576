;; Tries to leave records in the output before the image is taken. Must: ok
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param $in i32) (param $out i32) (result i64)
    (memory.fill (i32.const 0x10000) (i32.const 1) (local.get $out))
    (i64.const 0x2000000010000))
  (func (export "run") (param i32) (result i32) (i32.const 0))
)
