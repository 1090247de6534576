;; Results of several values, early returns, recursion, indirect calls, tables
;; of branches, blocks with parameters, memory.copy and fill, globals: what a
;; rewrite can get wrong. The test runs this module as it is, too, and wants
;; the same results.
(module
  (memory (export "memory") 4)
  (global $calls (mut i64) (i64.const 0))
  (global $ratio (mut f64) (f64.const 0.5))
  (type $pair (func (param i32) (result i32 i64)))
  (table 3 funcref)
  (elem (i32.const 0) $plain $split $early)
  (data (i32.const 256) "glovebox")

  (func (export "gbx_abi_1") (result i32) (i32.const 0))
  (func (export "gbx_buffers") (param i32 i32) (result i64)
    (i64.const 0x2000000010000)) ;; window at 131072, output at 65536

  ;; No call: not counted for depth.
  (func $plain (type $pair)
    (i32.add (local.get 0) (i32.const 1))
    (i64.extend_i32_s (local.get 0)))

  ;; Recursion with two results, swapped on the way.
  (func $split (type $pair)
    (local $a i32) (local $b i64)
    (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
    (if (result i32 i64) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0) (i64.const 1))
      (else
        (call $split (i32.sub (local.get 0) (i32.const 1)))
        (local.set $b)
        (local.set $a)
        (call $split (i32.sub (local.get 0) (i32.const 2)))
        (i64.add (local.get $b))
        (local.set $b)
        (i32.add (local.get $a))
        (local.get $b))))

  ;; Leaves from inside nested blocks, by return, by a branch to the function,
  ;; and by a table of branches.
  (func $early (type $pair)
    (local $i i32)
    (block $out
      (loop $again
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (block $b2 (block $b1 (block $b0
          (br_table $b0 $b1 $b2 $again (i32.rem_u (i32.add (local.get $i) (local.get 0)) (i32.const 5))))
          (if (i32.gt_u (local.get $i) (i32.const 7))
            (then (return (local.get $i) (i64.const 70))))
          (br $again))
          (br_if $out (i32.gt_u (local.get $i) (i32.const 9)))
          (br $again))
        (if (i32.eq (local.get 0) (i32.const 13))
          (then (i32.const 99) (i64.const 990) (br 3)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 12)))))
    (call $plain (local.get $i)))

  ;; A block with parameters, several results from a call, no return at all.
  (func $fold (param i32) (result f64 i32 i64)
    (local.get 0)
    (call $plain (local.get 0))
    (block (param i32 i64) (result i64 i32)
      (drop) (drop) (i64.const 3) (i32.const 4))
    (local.set 0)
    (drop)
    (i32.add (local.get 0))
    (local.set 0)
    (f64.mul (global.get $ratio) (f64.convert_i32_s (local.get 0)))
    (local.get 0)
    (i64.const -1)
    (return))

  (func $mix (param $x i64) (param $at i32)
    (i64.store (local.get $at)
      (i64.xor (i64.rotl (i64.load (local.get $at)) (i64.const 7))
        (i64.add (local.get $x) (i64.const 0x9e3779b97f4a7c15)))))

  (func (export "run") (param $rows i32) (result i32)
    (local $k i32) (local $f i32) (local $s i64)
    (memory.fill (i32.const 512) (i32.const 7) (i32.const 64))
    (memory.copy (i32.const 530) (i32.const 256) (i32.const 8))
    (loop $next
      (local.set $f (i32.const 0))
      (loop $each
        (call_indirect (type $pair) (local.get $k) (local.get $f))
        (local.set $s)
        (i64.extend_i32_s)
        (local.set $s (i64.add (local.get $s)))
        (call $mix (local.get $s) (i32.const 528))
        (br_if $each (i32.lt_u (local.tee $f (i32.add (local.get $f) (i32.const 1))) (i32.const 3))))
      (call $fold (local.get $k))
      (call $mix (i32.const 536))
      (i64.extend_i32_s)
      (call $mix (i32.const 544))
      (i64.reinterpret_f64)
      (local.set $s)
      (call $mix (local.get $s) (i32.const 552))
      (global.set $ratio (f64.add (global.get $ratio) (f64.const 0.25)))
      (br_if $next (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 16))))
    (call $mix (global.get $calls) (i32.const 560))
    ;; One record: all that was computed folded into one key, and the counter.
    (local.set $s
      (i64.xor (i64.xor (i64.load (i32.const 528)) (i64.load (i32.const 536)))
        (i64.xor (i64.load (i32.const 544)) (i64.xor (i64.load (i32.const 552)) (i64.load (i32.const 560))))))
    (i32.store (i32.const 65536) (i32.const 1))
    (i64.store (i32.const 65552) (local.get $s))
    (i64.store (i32.const 65560) (global.get $calls))
    (i32.const 0))
)
