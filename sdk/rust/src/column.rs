//! Columns of the window.

use crate::must;
use crate::window::{at, text, Descriptor};
use core::marker::PhantomData;
use core::ops::Deref;

/// A pseudonym: the same for the same person or thing, within one job's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Token(pub [u8; 16]);

impl Descriptor {
    fn present(&self, row: usize) -> bool {
        must(row < self.length as usize);
        self.null_count == 0 || unsafe { bit(self.validity, row) }
    }
}

unsafe fn bit(offset: u32, row: usize) -> bool {
    *at::<u8>(offset as usize + (row >> 3)) >> (row & 7) & 1 == 1
}

/// A column of numbers or tokens. It is a slice of its values, where a missing
/// one reads as zero; [`get`](Column::get) and [`iter`](Column::iter) say what
/// is missing.
pub struct Column<T: 'static> {
    descriptor: &'static Descriptor,
    values: &'static [T],
}

impl<T: Copy> Column<T> {
    pub(crate) fn new(descriptor: &'static Descriptor) -> Self {
        // The host writes `length` values there, aligned to 64 bytes.
        let values = unsafe {
            core::slice::from_raw_parts(at(descriptor.data as usize), descriptor.length as usize)
        };
        Column { descriptor, values }
    }

    /// The value of a row; `None` if it is missing.
    pub fn get(&self, row: usize) -> Option<T> {
        self.descriptor.present(row).then(|| self.values[row])
    }

    /// All rows.
    pub fn iter(&self) -> impl Iterator<Item = Option<T>> + '_ {
        (0..self.values.len()).map(move |i| self.get(i))
    }

    /// How many rows miss a value.
    pub fn nulls(&self) -> usize {
        self.descriptor.null_count as usize
    }
}

impl<T> Deref for Column<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.values
    }
}

/// A column of type bool.
#[derive(Clone, Copy)]
pub struct Bools(pub(crate) &'static Descriptor, pub(crate) PhantomData<bool>);

impl Bools {
    /// The value of a row; `None` if it is missing.
    pub fn get(&self, row: usize) -> Option<bool> {
        self.0
            .present(row)
            .then(|| unsafe { bit(self.0.data, row) })
    }

    /// Whether the row holds `true`; a missing value does not.
    pub fn is_true(&self, row: usize) -> bool {
        self.get(row) == Some(true)
    }

    /// All rows.
    pub fn iter(&self) -> impl Iterator<Item = Option<bool>> + '_ {
        (0..self.0.length as usize).map(move |i| self.get(i))
    }

    /// How many rows miss a value.
    pub fn nulls(&self) -> usize {
        self.0.null_count as usize
    }
}

/// A column of type string.
#[derive(Clone, Copy)]
pub struct Strings(pub(crate) &'static Descriptor, pub(crate) PhantomData<str>);

impl Strings {
    /// The text of a row; `None` if it is missing.
    pub fn get(&self, row: usize) -> Option<&'static str> {
        self.0.present(row).then(|| unsafe {
            let offsets = at::<u32>(self.0.offsets as usize).add(row);
            let (from, to) = (*offsets, *offsets.add(1));
            text(self.0.data + from, to - from)
        })
    }

    /// All rows.
    pub fn iter(&self) -> impl Iterator<Item = Option<&'static str>> + '_ {
        (0..self.0.length as usize).map(move |i| self.get(i))
    }

    /// How many rows miss a value.
    pub fn nulls(&self) -> usize {
        self.0.null_count as usize
    }
}
