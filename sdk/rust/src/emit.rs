//! The output region.

use crate::must;
use crate::window::{header, output};
use core::marker::PhantomData;

/// A record under construction: key fields first, then metrics, in the
/// manifest's order. A field too many panics; one that is not given is zero.
pub struct Record<'unit> {
    at: usize, // in the output region
    end: usize,
    unit: PhantomData<&'unit mut ()>,
}

impl<'unit> Record<'unit> {
    pub(crate) fn new() -> Self {
        let h = header();
        let size = h.record_bytes as usize;
        unsafe {
            let count = output() as *mut u32;
            must(*count < h.max_records);
            let at = 16 + *count as usize * size;
            *count += 1;
            Record {
                at,
                end: at + size,
                unit: PhantomData,
            }
        }
    }

    fn put(mut self, bytes: &[u8], padded: usize) -> Self {
        must(padded <= self.end - self.at && bytes.len() <= padded);
        // The region is all zeros when a unit begins, so padding is there.
        for (i, b) in bytes.iter().enumerate() {
            unsafe { *output().add(self.at + i) = *b }
        }
        self.at += padded;
        self
    }

    /// A key field of type int64.
    pub fn int64(self, v: i64) -> Self {
        self.put(&v.to_le_bytes(), 8)
    }

    /// A key field of type string. `width` is the manifest's; a longer text
    /// panics, so that no character is cut in two unseen.
    pub fn string(self, v: &str, width: usize) -> Self {
        must(v.len() <= width);
        self.put(v.as_bytes(), (width + 7) & !7)
    }

    /// A metric. One that is infinite or not a number fails the unit.
    pub fn metric(self, v: f64) -> Self {
        self.put(&v.to_le_bytes(), 8)
    }
}
