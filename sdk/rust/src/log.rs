//! Logs, which the host shows on sample data and nobody reads on real data.

use core::fmt::{Arguments, Write};

/// A log region: how many bytes were printed, then the first of them.
#[doc(hidden)]
#[repr(C, align(8))]
pub struct Region<const N: usize> {
    printed: u32,
    text: [u8; N],
}

impl<const N: usize> Region<N> {
    /// An empty one.
    pub const fn new() -> Self {
        Region {
            printed: 0,
            text: [0; N],
        }
    }
}

impl<const N: usize> Default for Region<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The region: its count, its text, and how much fits.
struct Log {
    printed: *mut u32,
    text: *mut u8,
    room: usize,
}

static mut LOG: Log = Log {
    printed: core::ptr::null_mut(),
    text: core::ptr::null_mut(),
    room: 0,
};

/// Makes the region known, here and to the host.
#[doc(hidden)]
pub fn open<const N: usize>(region: *mut Region<N>) -> i64 {
    unsafe {
        LOG = Log {
            printed: core::ptr::addr_of_mut!((*region).printed),
            text: core::ptr::addr_of_mut!((*region).text) as *mut u8,
            room: N,
        };
    }
    (region as usize as i64) << 32 | core::mem::size_of::<Region<N>>() as i64
}

/// Prints a line. Without a region, it does nothing.
#[doc(hidden)]
pub fn print(line: Arguments<'_>) {
    if unsafe { LOG.room } != 0 {
        // Nothing in it fails; what does not fit is counted and dropped.
        let _ = writeln!(Printer, "{}", line);
    }
}

struct Printer;

impl Write for Printer {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        for b in s.bytes() {
            unsafe {
                let n = *LOG.printed as usize;
                if n < LOG.room {
                    *LOG.text.add(n) = b;
                }
                *LOG.printed += 1;
            }
        }
        Ok(())
    }
}

/// Brings in a log region of that many bytes of text for each unit. Without it,
/// [`log!`](crate::log!) is nothing at all. With it, printing costs the same on
/// real data as on samples; what a panic says is printed, too.
#[macro_export]
macro_rules! log_bytes {
    ($bytes:expr) => {
        const _: () = {
            static mut REGION: $crate::export::Region<{ $bytes }> = $crate::export::Region::new();

            #[no_mangle]
            extern "C" fn gbx_log() -> i64 {
                $crate::export::open(unsafe { ::core::ptr::addr_of_mut!(REGION) })
            }
        };
    };
}

/// Prints a line to the log, as `println!` would.
#[macro_export]
macro_rules! log {
    ($($arg:tt)*) => {
        $crate::export::print(::core::format_args!($($arg)*))
    };
}
