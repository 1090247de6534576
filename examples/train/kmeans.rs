//! k-means: four centres of people by age and schooling. One step of the map
//! takes one person and says which centre is nearest, and where the person is;
//! the update moves every centre to the middle of its people.
//!
//! State: the centres, one after the other. Vector: for each centre the
//! coordinates of the person, if it is the nearest, and a 1; else zeros.
#![no_std]
use glovebox::{Fail, Table};

const PUMS: usize = 0;
const STATE: usize = 1; // of the map: inputs come first
const CENTRES: usize = 4;
const AXES: usize = 2;
const EACH: usize = AXES + 1; // numbers of the vector for each centre
const LEAST: f64 = 20.0; // people below which a centre stays where it is

/// Age and schooling, each from -1 to 1.
fn place(pums: &Table, row: usize) -> [f64; AXES] {
    [(pums.int32s(0)[row] as f64 - 55.0) / 37.0, (pums.int32s(1)[row] as f64 - 8.5) / 7.5]
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

glovebox::map! {
    fn assign(unit: &mut Unit) -> Result<(), Fail> {
        let pums = unit.table(PUMS);
        let centres = unit.table(STATE).float64s(0);
        if pums.rows() == 0 || centres.len() != CENTRES * AXES {
            return Err(Fail);
        }
        let here = place(&pums, 0);
        let mut nearest = 0;
        let mut least = f64::MAX;
        for k in 0..CENTRES {
            let d = distance(&here, &centres[k * AXES..(k + 1) * AXES]);
            if d < least {
                nearest = k;
                least = d;
            }
        }
        let mut record = unit.emit();
        for k in 0..CENTRES {
            for v in here {
                record = record.metric(if k == nearest { v } else { 0.0 });
            }
            record = record.metric(if k == nearest { 1.0 } else { 0.0 });
        }
        Ok(())
    }
}

glovebox::map! {
    fn middle(unit: &mut Unit) -> Result<(), Fail> {
        let state = unit.table(0).float64s(0);
        let sum = unit.table(1).float64s(0);
        if state.len() != CENTRES * AXES || sum.len() != CENTRES * EACH {
            return Err(Fail);
        }
        let mut record = unit.emit();
        for k in 0..CENTRES {
            let people = sum[k * EACH + AXES];
            for a in 0..AXES {
                let old = state[k * AXES + a];
                let new = sum[k * EACH + a] / people;
                record = record.metric(if people < LEAST || !(new >= -1.0 && new <= 1.0) { old } else { new });
            }
        }
        Ok(())
    }
}
