;; Tries to import the host's refill under another type. Must: refused G011
(module
  (import "glovebox" "out_of_fuel" (func $r (param i64) (result i64)))
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param i32) (result i32) (i32.const 0))
)
