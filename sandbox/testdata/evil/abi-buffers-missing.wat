;; Tries to leave out its regions. Must: refused G054
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "run") (param i32) (result i32) (i32.const 0))
)
