//! The input window: header, tables and parameters.

use crate::column::{Bools, Column, Strings, Token};
use crate::emit::Record;
use crate::must;
use core::marker::PhantomData;

/// The unit does not count: what it emitted is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fail;

/// The host's header of the window.
#[repr(C)]
pub(crate) struct Header {
    magic: [u8; 4],
    minor: u32,
    inputs: u32,
    references: u32,
    params: u32,
    tables_at: u32,
    columns_at: u32,
    params_at: u32,
    rows: u32,
    window_bytes: u32,
    pub(crate) max_records: u32,
    pub(crate) record_bytes: u32,
    pub(crate) units: u32,
}

#[repr(C)]
struct Entry {
    rows: u32,
    columns: u32,
    first: u32,
    starts: u32,
}

/// The host's descriptor of a column.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Descriptor {
    kind: u32,
    flags: u32,
    pub(crate) length: u32,
    pub(crate) null_count: u32,
    pub(crate) validity: u32,
    pub(crate) offsets: u32,
    pub(crate) data: u32,
    data_len: u32,
}

const ENTRY: usize = 16;
const DESCRIPTOR: usize = 48;
const PARAM: usize = 16;

pub(crate) const STRING: u32 = 1;
const INT32: u32 = 2;
const INT64: u32 = 3;
const FLOAT64: u32 = 4;
const BOOL: u32 = 5;
const DATE: u32 = 6;
const TOKEN: u32 = 7;

/// Where the host's two regions are. They never move.
static mut INPUT: *const u8 = core::ptr::null();
static mut OUTPUT: *mut u8 = core::ptr::null_mut();

/// Reads from the window at an offset that the host wrote.
///
/// # Safety
/// The host keeps its offsets inside the window and aligned for `T`.
pub(crate) unsafe fn at<T>(offset: usize) -> *const T {
    INPUT.add(offset) as *const T
}

pub(crate) fn header() -> &'static Header {
    unsafe { &*at::<Header>(0) }
}

pub(crate) fn output() -> *mut u8 {
    unsafe { OUTPUT }
}

/// One privacy unit: what it is, and what it leaves. In a function of kind
/// `blocks`, one [`Block`](crate::Block) of them.
pub struct Unit(());

#[doc(hidden)]
pub fn run(f: fn(&mut Unit) -> Result<(), Fail>) -> i32 {
    f(&mut Unit(())).is_err() as i32
}

impl Unit {
    /// A table: inputs first, then references.
    pub fn table(&self, n: usize) -> Table {
        let h = header();
        must(n < (h.inputs + h.references) as usize);
        Table(unsafe { &*at::<Entry>(h.tables_at as usize + n * ENTRY) })
    }

    fn param(&self, n: usize, kind: u32) -> usize {
        let h = header();
        must(n < h.params as usize);
        let p = h.params_at as usize + n * PARAM;
        must(unsafe { *at::<u32>(p + 8) } == kind);
        p
    }

    /// A parameter of type int64.
    pub fn int64(&self, n: usize) -> i64 {
        unsafe { *at(self.param(n, INT64)) }
    }

    /// A parameter of type float64.
    pub fn float64(&self, n: usize) -> f64 {
        unsafe { *at(self.param(n, FLOAT64)) }
    }

    /// A parameter of type bool.
    pub fn bool(&self, n: usize) -> bool {
        unsafe { *at::<u64>(self.param(n, BOOL)) != 0 }
    }

    /// A parameter of type string.
    pub fn string(&self, n: usize) -> &'static str {
        let p = self.param(n, STRING);
        unsafe { text(*at::<u32>(p), *at::<u32>(p + 4)) }
    }

    /// Begins a record. More than `max_records` of them panic.
    pub fn emit(&mut self) -> Record<'_> {
        Record::new()
    }
}

/// The text that the host put there.
///
/// # Safety
/// Offset and length are the host's. It gives UTF-8 only.
pub(crate) unsafe fn text(offset: u32, len: u32) -> &'static str {
    core::str::from_utf8_unchecked(core::slice::from_raw_parts(
        at(offset as usize),
        len as usize,
    ))
}

/// A table of the unit, or a reference table. Columns are asked for by number
/// and type.
#[derive(Clone, Copy)]
pub struct Table(&'static Entry);

impl Table {
    /// Its rows in this unit.
    pub fn rows(&self) -> usize {
        self.0.rows as usize
    }

    pub(crate) fn starts_at(&self) -> usize {
        self.0.starts as usize
    }

    fn column(&self, n: usize, kind: u32) -> &'static Descriptor {
        must(n < self.0.columns as usize);
        let d: &Descriptor = unsafe {
            &*at(header().columns_at as usize + (self.0.first as usize + n) * DESCRIPTOR)
        };
        must(d.kind == kind);
        d
    }

    /// A column of type int32.
    pub fn int32s(&self, n: usize) -> Column<i32> {
        Column::new(self.column(n, INT32))
    }

    /// A column of type int64.
    pub fn int64s(&self, n: usize) -> Column<i64> {
        Column::new(self.column(n, INT64))
    }

    /// A column of type float64. No value is infinite or not a number.
    pub fn float64s(&self, n: usize) -> Column<f64> {
        Column::new(self.column(n, FLOAT64))
    }

    /// A column of type date: days since 1970-01-01.
    pub fn dates(&self, n: usize) -> Column<i32> {
        Column::new(self.column(n, DATE))
    }

    /// A column of type token.
    pub fn tokens(&self, n: usize) -> Column<Token> {
        Column::new(self.column(n, TOKEN))
    }

    /// A column of type bool.
    pub fn bools(&self, n: usize) -> Bools {
        Bools(self.column(n, BOOL), PhantomData)
    }

    /// A column of type string.
    pub fn strings(&self, n: usize) -> Strings {
        Strings(self.column(n, STRING), PhantomData)
    }
}

#[cfg(target_arch = "wasm32")]
mod abi {
    extern "C" {
        static __heap_base: u8; // set by the linker: the first byte after data and stack
    }

    #[no_mangle]
    extern "C" fn gbx_abi_1() -> i32 {
        0
    }

    /// Puts the two regions behind everything else in memory.
    #[no_mangle]
    extern "C" fn gbx_buffers(in_bytes: i32, out_bytes: i32) -> i64 {
        use core::arch::wasm32::{memory_grow, memory_size};
        let up = |n: usize| (n + 63) & !63;
        let input = up(unsafe { &__heap_base as *const u8 as usize });
        let output = up(input + in_bytes as usize);
        let end = output + out_bytes as usize;
        let have = memory_size(0) << 16;
        if end > have {
            super::must(memory_grow(0, (end - have + 0xffff) >> 16) != usize::MAX);
        }
        unsafe {
            super::INPUT = input as *const u8;
            super::OUTPUT = output as *mut u8;
        }
        (input as i64) << 32 | output as i64
    }
}
