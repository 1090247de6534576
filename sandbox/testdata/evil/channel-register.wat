;; Tries to read what the target's unit left in a register, by a select that the runtime compiles wrongly. Must: ok with 9, 666: ok
(module
  (memory (export "memory") 4)
  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64) (i64.const 0x2000000010000))

  ;; fills the registers with multiples of x
  (func $leave (param $x i64) (result f64)
    (local $a0 f64) (local $a1 f64) (local $a2 f64) (local $a3 f64) (local $a4 f64) (local $a5 f64) (local $a6 f64) (local $a7 f64) (local $a8 f64) (local $a9 f64) (local $a10 f64) (local $a11 f64) (local $a12 f64) (local $a13 f64)
    (local.set $a0 (f64.convert_i64_s (local.get $x)))
    (local.set $a1 (f64.mul (local.get $a0) (f64.const 1.5)))
    (local.set $a2 (f64.mul (local.get $a1) (f64.const 1.5)))
    (local.set $a3 (f64.mul (local.get $a2) (f64.const 1.5)))
    (local.set $a4 (f64.mul (local.get $a3) (f64.const 1.5)))
    (local.set $a5 (f64.mul (local.get $a4) (f64.const 1.5)))
    (local.set $a6 (f64.mul (local.get $a5) (f64.const 1.5)))
    (local.set $a7 (f64.mul (local.get $a6) (f64.const 1.5)))
    (local.set $a8 (f64.mul (local.get $a7) (f64.const 1.5)))
    (local.set $a9 (f64.mul (local.get $a8) (f64.const 1.5)))
    (local.set $a10 (f64.mul (local.get $a9) (f64.const 1.5)))
    (local.set $a11 (f64.mul (local.get $a10) (f64.const 1.5)))
    (local.set $a12 (f64.mul (local.get $a11) (f64.const 1.5)))
    (local.set $a13 (f64.mul (local.get $a12) (f64.const 1.5)))
    (f64.add (local.get $a13) (f64.add (local.get $a12) (f64.add (local.get $a11) (f64.add (local.get $a10) (f64.add (local.get $a9) (f64.add (local.get $a8) (f64.add (local.get $a7) (f64.add (local.get $a6) (f64.add (local.get $a5) (f64.add (local.get $a4) (f64.add (local.get $a3) (f64.add (local.get $a2) (f64.add (local.get $a1) (local.get $a0)))))))))))))))

  ;; gives 9: $p lies on the stack after the charge of fuel at the loop, and is
  ;; loaded into the very register that holds the 9; xmm7 is what was given
  (func $look (result f64)
    (local $n i32) (local $p f64) (local $r f64) (local $s f64) (local $t f64)
    (local $q0 f64) (local $q1 f64) (local $q2 f64) (local $q3 f64) (local $q4 f64)
    (local.set $n (i32.const 3))
    (loop $again
      (if (i32.eqz (local.get $n)) (then (return (f64.add (f64.mul (local.get $p) (f64.const 0)) (local.get $r)))))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (local.set $q0 (f64.add (local.get $q0) (f64.const 1)))
      (local.set $q1 (f64.add (local.get $q1) (f64.const 1)))
      (local.set $q2 (f64.add (local.get $q2) (f64.const 1)))
      (local.set $q3 (f64.add (local.get $q3) (f64.const 1)))
      (local.set $q4 (f64.add (local.get $q4) (f64.const 1)))
      (local.set $s (f64.mul (local.get $q0) (local.get $q0)))
      (local.set $t (f64.mul (local.get $q1) (local.get $q1)))
      (local.set $q2 (f64.add (local.get $q2) (local.get $s)))
      (local.set $r (select (local.get $p) (f64.const 9) (i32.const 0)))
      (local.set $p (f64.add (local.get $p) (local.get $t)))
      (br $again))
    (unreachable))

  (func $x (result i64) ;; the first value of column x
    (i64.load (i32.add (i32.const 0x20000) (i32.load offset=24 (i32.add (i32.const 0x20000) (i32.load (i32.const 0x20018)))))))

  (func (export "run") (param $rows i32) (result i32)
    (i32.store (i32.const 0x10000) (i32.const 1))
    (f64.store (i32.const 0x10010)
      (if (result f64) (i64.eq (call $x) (i64.const 666))
        (then (call $leave (call $x)))
        (else (call $look))))
    (i32.const 0)))
