//! What patients cost, by ward and decade of birth. The same example is there
//! in every language; manifest.json says what goes in and what comes out.
#![no_std]

use glovebox::{count_where, sum, sum_where, Fail, Groups, Table, Token, Unit};

// Tables, columns and parameters, numbered as in the manifest.
mod visits {
    pub const PERSON: usize = 0;
    pub const VISITS: usize = 1;
    pub const RATES: usize = 2;
    pub const MOST: usize = 8; // wards of one person
    pub const WIDTH: usize = 12; // of the key, in bytes
}
const BORN: usize = 0;
const WARD: usize = 0;
const HOURS: usize = 1;
const DAY: usize = 2;
const URGENT: usize = 3;
const FEE: usize = 4;
const DOCTOR: usize = 5;
const SINCE: usize = 0;
const TYPICAL_HOURS: usize = 1;
const URGENT_ONLY: usize = 2;
const SKIP_WARD: usize = 3;

/// The price of an hour in a ward; 0 if nobody lists it.
fn rate(rates: Table, ward: &str) -> i64 {
    let found = rates.strings(0).iter().position(|w| w == Some(ward));
    found.map_or(0, |row| rates.int64s(1)[row])
}

#[derive(Clone, Copy, Default)]
struct Group {
    hours: f64,
    cost: f64,
    handovers: f64,
    doctor: Option<Token>, // of the last visit
}

glovebox::map! {
    /// One record for each ward that the person was in. Called once for each
    /// person, with this person's rows only.
    fn visits(unit: &mut Unit) -> Result<(), Fail> {
        let person = unit.table(visits::PERSON);
        if person.rows() != 1 {
            return Err(Fail); // this person does not count
        }
        let decade = person.int32s(BORN)[0] / 10 * 10;
        let (visits, rates) = (unit.table(visits::VISITS), unit.table(visits::RATES));
        let (wards, hours, urgent) = (visits.strings(WARD), visits.float64s(HOURS), visits.bools(URGENT));
        let (days, fees, doctors) = (visits.dates(DAY), visits.int64s(FEE), visits.tokens(DOCTOR));

        let mut groups = Groups::<&str, { visits::MOST }>::new();
        let mut sums = [Group::default(); visits::MOST];
        for i in 0..visits.rows() {
            let ward = match wards.get(i) {
                Some(ward) if ward != unit.string(SKIP_WARD) => ward,
                _ => continue,
            };
            if i64::from(days[i]) < unit.int64(SINCE) || unit.bool(URGENT_ONLY) && !urgent.is_true(i) {
                continue;
            }
            let group = &mut sums[groups.of(ward).ok_or(Fail)?];
            let h = hours.get(i).unwrap_or(unit.float64(TYPICAL_HOURS));
            group.hours += h;
            group.cost += rate(rates, ward) as f64 * h + fees[i] as f64;
            if matches!(group.doctor, Some(d) if d != doctors[i]) {
                group.handovers += 1.0;
            }
            group.doctor = Some(doctors[i]);
        }

        for (ward, g) in groups.keys().iter().zip(&sums) {
            unit.emit().string(ward, visits::WIDTH).int64(decade.into()).metric(g.hours).metric(g.cost).metric(g.handovers);
        }
        Ok(())
    }
}

glovebox::map! {
    /// One record: all costs, and those of some years. Whole columns at once.
    fn totals(unit: &mut Unit) -> Result<(), Fail> {
        let bills = unit.table(0);
        let (years, costs) = (bills.int32s(0), bills.float64s(1));
        let (from, to) = (unit.int64(0) as i32, unit.int64(1) as i32);
        unit.emit()
            .metric(sum(&costs))
            .metric(sum_where(&costs, &years, from..=to))
            .metric(count_where(&years, from..=to) as f64);
        Ok(())
    }
}
