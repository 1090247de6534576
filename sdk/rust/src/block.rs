//! Functions of kind `blocks`: many units at once.

use crate::must;
use crate::window::{at, header, Table, Unit};
use core::ops::Range;

/// One block of privacy units, for a function of kind `blocks`: made with
/// [`map!`](crate::map), which gives it in the unit's place. A table holds the
/// rows of all its units, one unit after the other; a block leaves one record.
pub type Block = Unit;

impl Unit {
    /// How many units the block has.
    pub fn units(&self) -> usize {
        header().units as usize
    }
}

impl Table {
    /// The row with which each unit of the block begins, then how many rows
    /// there are: one number more than units. Panics unless the function is of
    /// kind `blocks` and the table is an input.
    pub fn starts(&self) -> &'static [u32] {
        let offset = self.starts_at();
        must(offset != 0);
        // The host writes units + 1 numbers there.
        unsafe { core::slice::from_raw_parts(at(offset), header().units as usize + 1) }
    }

    /// The rows of one unit of the block, to index columns with.
    pub fn rows_of(&self, unit: usize) -> Range<usize> {
        let starts = self.starts();
        starts[unit] as usize..starts[unit + 1] as usize
    }
}
