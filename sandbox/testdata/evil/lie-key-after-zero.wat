;; Tries to hide a byte behind the key's end. Must: malformed output
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32)
    (i32.store (i32.const 0x10000) (i32.const 1))
    (i32.store8 (i32.const 0x10010) (i32.const 0x61))
    (i32.store8 (i32.const 0x10011) (i32.const 0x00))
    (i32.store8 (i32.const 0x10012) (i32.const 0x62))
    (i32.const 0)
  )
)
