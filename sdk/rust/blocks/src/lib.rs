//! What customers spend, over a block of them at once: a function of kind
//! blocks. Its tables hold the rows of many people, one person after the other,
//! and it may compute over them whatever it likes.
#![no_std]

use glovebox::{sum, Block, Fail};

// Tables, columns and parameters, numbered as in the manifest.
const PERSON: usize = 0;
const BILLS: usize = 1;
const BORN: usize = 0;
const COST: usize = 0;
const BORN_FROM: usize = 0;

glovebox::map! {
    fn spending(block: &mut Block) -> Result<(), Fail> {
        let (person, bills) = (block.table(PERSON), block.table(BILLS));
        let (born, cost) = (person.int32s(BORN), bills.float64s(COST));
        let from = block.int64(BORN_FROM);
        let (mut all, mut top) = (0.0, 0.0);
        let (mut people, mut without) = (0, 0);
        for unit in 0..block.units() {
            match born[person.rows_of(unit)].first() {
                Some(&year) if i64::from(year) >= from => {}
                _ => continue,
            }
            let rows = bills.rows_of(unit);
            let spent = sum(&cost[rows.clone()]);
            people += 1;
            without += rows.is_empty() as i32;
            all += spent;
            if spent > top {
                top = spent;
            }
        }
        if people == 0 {
            return Err(Fail); // the block counts with the job's default
        }
        let n = f64::from(people);
        let share = if all > 0.0 { top / all } else { 0.0 };
        block.emit().metric(all / n).metric(share).metric(f64::from(without) / n);
        Ok(())
    }
}
