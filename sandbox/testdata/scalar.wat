;; scalar takes one value of each type that a function of kind map_scalar can
;; take, and gives one record of two keys and two metrics. What it does with
;; them is easy to repeat elsewhere. Some values make it fail, in every way.
(module
  (memory (export "memory") 2)
  (data (i32.const 512) "\07\00\00\00")
  (table 2 funcref)
  (elem (i32.const 1) $mix)
  (type $mix (func (param i64 f64) (result i64 f64)))

  (func (export "gbx_abi_1") (result i32) (i32.const 0))

  (func (export "gbx_buffers") (param i32 i32) (result i64)
    (i64.or (i64.shl (i64.const 65536) (i64.const 32)) (i64.const 1024)))

  (func $deep (call $deep))

  (func $mix (type $mix)
    (i64.add (local.get 0) (i64.load32_u (i32.const 512)))
    ;; parameter 0 of the job, in the window
    (f64.mul (local.get 1)
      (f64.load (i32.add (i32.const 65536) (i32.load (i32.const 65564))))))

  (func (export "run") (param $born i32) (param $id i64) (param $score f64) (param $member i32) (param $since i32)
    (result i32 i64 i64 f64 f64)
    (local $n i32)
    (if (i32.eq (local.get $born) (i32.const -1)) (then (unreachable)))
    (if (i32.eq (local.get $born) (i32.const -2)) (then (loop $on (br $on))))
    (if (i32.eq (local.get $born) (i32.const -3)) (then (call $deep)))
    (if (i32.eq (local.get $born) (i32.const -4))
      (then (return (i32.const 2) (i64.const 1) (i64.const 1) (f64.const 1) (f64.const 1))))
    (if (i32.eq (local.get $born) (i32.const -5))
      (then (return (i32.const -1) (i64.const 1) (i64.const 1) (f64.const 1) (f64.const 1))))
    (if (i32.eq (local.get $born) (i32.const -6))
      (then (return (i32.const 1) (i64.const 1) (i64.const 1) (f64.const 1) (f64.const nan:0x8000000000123))))
    (if (i32.eq (local.get $born) (i32.const -7))
      (then (return (i32.const 1) (i64.const 1) (i64.const 1) (f64.const inf) (f64.const 1))))
    (if (i32.eq (local.get $born) (i32.const -8))
      (then (drop (i32.load (i32.const 131069)))))
    ;; burns as much fuel as the id says
    (local.set $n (i32.and (i32.wrap_i64 (local.get $id)) (i32.const 63)))
    (loop $burn
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $burn (i32.gt_s (local.get $n) (i32.const 0))))
    (i32.ne (local.get $born) (i32.const 0)) ;; status
    (i64.extend_i32_s (local.get $since))
    (call_indirect (type $mix) (local.get $id) (local.get $score) (i32.const 1))
    (f64.mul (f64.const -0) (f64.convert_i32_u (local.get $member))))
)
