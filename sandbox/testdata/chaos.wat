;; chaos does to its memory, its size and its globals whatever its rows say.
;; Each row is one command: bits 0-7 what to do, bits 8-26 an address, bits
;; 32-63 a value. Its one record is a sum over pieces of what it found when the
;; unit began, so that it would notice what another unit left.
(module
  (memory (export "memory") 4)
  (data (i32.const 512) "some data that a unit may destroy")
  (data (i32.const 250000) "more of it")
  (global $i32 (mut i32) (i32.const -5))
  (global $i64 (mut i64) (i64.const 1099511627776))
  (global $f32 (mut f32) (f32.const nan:0x200001))
  (global $f64 (mut f64) (f64.const -0.25))

  (func (export "_initialize")
    (drop (memory.grow (i32.const 1)))
    (memory.fill (i32.const 262244) (i32.const 119) (i32.const 9000))
    (i64.store (i32.const 250000) (i64.const 0)))

  (func (export "gbx_abi_1") (result i32) (i32.const 0))

  (func (export "gbx_buffers") (param i32 i32) (result i64)
    (i64.or (i64.shl (i64.const 131072) (i64.const 32)) (i64.const 65536)))

  (func $deep (call $deep))

  (func $found (result i64)
    (local $at i32) (local $sum i64)
    (local.set $sum (i64.add (i64.extend_i32_u (global.get $i32)) (global.get $i64)))
    (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (i32.reinterpret_f32 (global.get $f32)))))
    (local.set $sum (i64.add (local.get $sum) (i64.reinterpret_f64 (global.get $f64))))
    (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (memory.size))))
    ;; all of memory but the window, one word in each 2056 bytes
    (loop $next
      (if (i32.or (i32.lt_u (local.get $at) (i32.const 131072)) (i32.ge_u (local.get $at) (i32.const 196608)))
        (then (local.set $sum (i64.rotl (i64.xor (local.get $sum) (i64.load (local.get $at))) (i64.const 7)))))
      (local.set $at (i32.add (local.get $at) (i32.const 2056)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 327672))))
    (local.get $sum))

  (func (export "run") (param $rows i32) (result i32)
    (local $p i32) (local $x i64) (local $at i32) (local $v i32) (local $sum i64)
    (local.set $sum (call $found))
    (local.set $p (i32.load offset=131096 (i32.load (i32.const 131096))))
    (local.set $p (i32.add (i32.const 131072) (local.get $p)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $rows)))
        (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
        (local.set $x (i64.load (local.get $p)))
        (local.set $p (i32.add (local.get $p) (i32.const 8)))
        (local.set $at (i32.and (i32.wrap_i64 (i64.shr_u (local.get $x) (i64.const 8))) (i32.const 0x7ffff)))
        (local.set $v (i32.wrap_i64 (i64.shr_u (local.get $x) (i64.const 32))))
        (block $other (block $c9 (block $c8 (block $c7 (block $c6 (block $c5 (block $c4 (block $c3 (block $c2 (block $c1 (block $c0
          (br_table $c0 $c1 $c2 $c3 $c4 $c5 $c6 $c7 $c8 $c9 $other (i32.and (i32.wrap_i64 (local.get $x)) (i32.const 255))))
        ;; 0: store, which may lie outside memory
        (i64.store (local.get $at) (local.get $x)) (br $next))
        ;; 1: fill
        (memory.fill (local.get $at) (local.get $v) (i32.and (i32.shr_u (local.get $v) (i32.const 8)) (i32.const 0x3fff))) (br $next))
        ;; 2: copy
        (memory.copy (local.get $at) (i32.and (local.get $v) (i32.const 0x3ffff)) (i32.shr_u (local.get $v) (i32.const 18))) (br $next))
        ;; 3: grow
        (drop (memory.grow (i32.and (local.get $v) (i32.const 3)))) (br $next))
        ;; 4: globals
        (global.set $i32 (local.get $v))
        (global.set $i64 (local.get $x))
        (global.set $f32 (f32.reinterpret_i32 (local.get $v)))
        (global.set $f64 (f64.reinterpret_i64 (local.get $x))) (br $next))
        ;; 5: store near the end of memory, grown or not
        (i32.store8 (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.add (i32.const 1) (i32.and (local.get $v) (i32.const 0xfff)))) (local.get $v)) (br $next))
        ;; 6: trap
        (unreachable))
        ;; 7: use up the fuel
        (loop $on (br $on)))
        ;; 8: call too deep
        (call $deep))
        ;; 9: a status of its own
        (return (i32.or (local.get $v) (i32.const 1))))
        (br $next)))
    (i32.store (i32.const 65536) (i32.const 1))
    (i64.store (i32.const 65540) (i64.const 0))
    (i32.store (i32.const 65548) (i32.const 0))
    (f64.store (i32.const 65552) (f64.convert_i64_s (i64.and (local.get $sum) (i64.const 0xffffffffffff))))
    (i32.const 0))
)
