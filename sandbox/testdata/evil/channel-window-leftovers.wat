;; Tries to read what longer units left in the window and in the output, then scribble over both. Must: ok
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))
  (func (export "run") (param $rows i32) (result i32) (local $p i32) (local $sum i64)
    (local.set $p (i32.const 0x20000))
    (loop $more
      (local.set $sum (i64.rotl (i64.xor (local.get $sum) (i64.load (local.get $p))) (i64.const 5)))
      (br_if $more (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 8))) (i32.const 0x20400))))
    (local.set $p (i32.const 0x10000))
    (loop $more
      (local.set $sum (i64.rotl (i64.xor (local.get $sum) (i64.load (local.get $p))) (i64.const 5)))
      (br_if $more (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 8))) (i32.const 0x10060))))
    (memory.fill (i32.const 0x20000) (i32.const 0xee) (i32.const 1024))
    (memory.fill (i32.const 0x10000) (i32.const 0xee) (i32.const 96))
    (i64.store (i32.const 0x10000) (i64.const 1))
    (i64.store (i32.const 0x10008) (i64.const 0))
    (i32.store (i32.const 0x10000) (i32.const 1))
    (f64.store (i32.const 0x10010) (f64.convert_i64_s (i64.and (local.get $sum) (i64.const 0xffffff))))
    (i32.const 0)
  )
)
