//! Whole columns at once.
//!
//! All SDKs add in the same order, so that they give the same bits: value `i`
//! to partial sum `i % 4`, then `(0 + 2) + (1 + 3)`.

use crate::must;
use core::ops::RangeInclusive;

/// The sum of all values.
pub fn sum(values: &[f64]) -> f64 {
    let mut p = Lanes::zero();
    let chunks = values.chunks_exact(4);
    let rest = chunks.remainder();
    for v in chunks {
        p.add([v[0], v[1], v[2], v[3]]);
    }
    p.finish(rest.iter().copied())
}

/// The sum of the values whose key lies in the range, both ends included.
/// Panics if there are more keys than values, or fewer.
pub fn sum_where(values: &[f64], keys: &[i32], range: RangeInclusive<i32>) -> f64 {
    must(values.len() == keys.len());
    let (from, to) = (*range.start(), *range.end());
    // A value that does not count adds zero, which changes no sum.
    let pick = |v: f64, k: i32| if k >= from && k <= to { v } else { 0.0 };
    let mut p = Lanes::zero();
    let chunks = values.chunks_exact(4).zip(keys.chunks_exact(4));
    for (v, k) in chunks {
        p.add([
            pick(v[0], k[0]),
            pick(v[1], k[1]),
            pick(v[2], k[2]),
            pick(v[3], k[3]),
        ]);
    }
    let done = values.len() & !3;
    p.finish(
        values[done..]
            .iter()
            .zip(&keys[done..])
            .map(|(v, k)| pick(*v, *k)),
    )
}

/// How many keys lie in the range, both ends included.
pub fn count_where(keys: &[i32], range: RangeInclusive<i32>) -> usize {
    let (from, to) = (*range.start(), *range.end());
    keys.iter()
        .map(|k| (*k >= from && *k <= to) as u32)
        .sum::<u32>() as usize
}

/// Four partial sums. The compiler keeps them in two vectors where it may use
/// them, and gives the same bits where it may not.
struct Lanes([f64; 4]);

impl Lanes {
    fn zero() -> Self {
        Lanes([0.0; 4])
    }

    #[inline(always)]
    fn add(&mut self, v: [f64; 4]) {
        for (p, v) in self.0.iter_mut().zip(v) {
            *p += v;
        }
    }

    fn finish(mut self, rest: impl Iterator<Item = f64>) -> f64 {
        for (i, v) in rest.enumerate() {
            self.0[i & 3] += v;
        }
        (self.0[0] + self.0[2]) + (self.0[1] + self.0[3])
    }
}
