//! Logistic regression: who earns more than the middle of the range, by age,
//! schooling, sex and marriage. One step of the map takes one person and gives
//! the gradient of that person's loss, the update goes a step against the sum
//! of all.
//!
//! State: the weights, with the bias first. Vector: the gradient, then a 1, so
//! that the update knows about how many people there are.
#![no_std]
use glovebox::{Fail, Table};

const PUMS: usize = 0;
const STATE: usize = 1; // of the map: inputs come first
const FEATURES: usize = 5; // bias, age, schooling, sex, married
const THRESHOLD: usize = 0; // parameter of the map
const RATE: usize = 0; // parameter of the update

fn features(pums: &Table, row: usize) -> [f64; FEATURES] {
    let age = (pums.int32s(0)[row] as f64 - 50.0) / 35.0;
    let educ = (pums.int32s(1)[row] as f64 - 8.5) / 7.5;
    let sex = pums.int32s(2)[row] as f64 - 0.5;
    let married = pums.int32s(3)[row] as f64 - 0.5;
    [1.0, age, educ, sex, married]
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// e^x: 2^k times a polynomial of the rest, as core has none.
fn exp(x: f64) -> f64 {
    let x = if x < -700.0 { -700.0 } else if x > 700.0 { 700.0 } else { x };
    let scaled = x * core::f64::consts::LOG2_E;
    let k = (scaled + if scaled < 0.0 { -0.5 } else { 0.5 }) as i64;
    let r = x - k as f64 * core::f64::consts::LN_2;
    let mut term = 1.0;
    let mut sum = 1.0;
    for i in 1..14 {
        term *= r / i as f64;
        sum += term;
    }
    sum * f64::from_bits(((1023 + k) as u64) << 52)
}

glovebox::map! {
    fn gradient(unit: &mut Unit) -> Result<(), Fail> {
        let pums = unit.table(PUMS);
        let weights = unit.table(STATE);
        let weights = weights.float64s(0);
        if pums.rows() == 0 || weights.len() != FEATURES {
            return Err(Fail);
        }
        let x = features(&pums, 0);
        let earns = pums.float64s(4)[0] > unit.float64(THRESHOLD);
        let p = 1.0 / (1.0 + exp(-dot(&x, &weights)));
        let error = p - if earns { 1.0 } else { 0.0 };
        let mut record = unit.emit();
        for v in x {
            record = record.metric(error * v);
        }
        record.metric(1.0);
        Ok(())
    }
}

glovebox::map! {
    /// The state minus a step along the mean gradient. One that is not finite
    /// fails the update, which leaves the state as it was.
    fn step(unit: &mut Unit) -> Result<(), Fail> {
        let state = unit.table(0);
        let sum = unit.table(1);
        let (state, sum) = (state.float64s(0), sum.float64s(0));
        if state.len() != FEATURES || sum.len() != FEATURES + 1 {
            return Err(Fail);
        }
        let people = if sum[FEATURES] < 1.0 { 1.0 } else { sum[FEATURES] };
        let rate = unit.float64(RATE);
        let mut record = unit.emit();
        for i in 0..FEATURES {
            record = record.metric(state[i] - rate * sum[i] / people);
        }
        Ok(())
    }
}
