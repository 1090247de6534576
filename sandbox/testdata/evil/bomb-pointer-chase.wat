;; Tries to follow pointers that miss the cache, one fuel each. Must: out of fuel
(module
  (memory (export "memory") 1024)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  ;; Each word of 8 MiB from 1 MiB on points to another, in one round of all.
  (func (export "_initialize") (local $i i32)
    (loop $more
      (i32.store offset=0x100000 (i32.shl (local.get $i) (i32.const 2))
        (i32.add (i32.const 0x100000) (i32.shl (i32.and (i32.add (i32.mul (local.get $i) (i32.const 1664525)) (i32.const 1013904223)) (i32.const 0x1fffff)) (i32.const 2))))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 0x200000)))))
  (func (export "run") (param $rows i32) (result i32) (local $a i32)
    (local.set $a (i32.const 0x100000))
    (loop $ever
      (local.set $a
        (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (i32.load (local.get $a))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
      (br $ever))
    (i32.const 0)
  )
)
