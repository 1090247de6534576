//! One record for each bill, by decade of birth and day of the week: a
//! function of kind map_scalar. It gets a row's values and may write no memory.
#![no_std]

use glovebox::Row;

glovebox::map_scalar! {
    fn bands(born: i32, day: i32, member: bool, points: i64, cost: f64) -> Band {
        key: {decade, weekday},
        metrics: {cost, points},
    } {
        if cost < 0.0 {
            return Row::Fail;
        }
        if cost == 0.0 {
            return Row::Nothing;
        }
        Row::Record(Band {
            decade: (born / 10 * 10).into(),
            weekday: (day + 3).rem_euclid(7).into(), // 1970-01-01 was a Thursday; 0 is Monday
            cost,
            points: if member { points as f64 } else { 0.0 },
        })
    }
}
