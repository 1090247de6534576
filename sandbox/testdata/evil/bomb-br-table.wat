;; Tries to jump through a table for ever. Must: out of fuel
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32) (local $i i32)
    (loop $a (block $b (block $c (br_table $c $b $a (local.tee $i (i32.add (local.get $i) (i32.const 1))))) (br $a)) (br $a))
    (i32.const 0)
  )
)
