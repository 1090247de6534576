//! Write a Glovebox module (guest ABI gbx/1) in Rust.
//!
//! ```ignore
//! #![no_std]
//! use glovebox::{Fail, Unit};
//!
//! glovebox::map! {
//!     /// One record for each visit with a known length.
//!     fn visits(unit: &mut Unit) -> Result<(), Fail> {
//!         let visits = unit.table(0);
//!         for (ward, hours) in visits.strings(0).iter().zip(visits.float64s(1).iter()) {
//!             if let (Some(ward), Some(hours)) = (ward, hours) {
//!                 unit.emit().string(ward, 12).metric(hours);
//!             }
//!         }
//!         Ok(())
//!     }
//! }
//! ```
//!
//! [`map!`] makes a function of kind `map`, or with a [`Block`] one of kind
//! `blocks`; [`map_scalar!`] one of kind `map_scalar`. Tables, columns, parameters, key fields and metrics are
//! numbered as in the manifest, from 0; of the tables, inputs come first, then
//! references. Asking for something that is not there, or for a column as
//! another type than it has, panics, and a panic fails the unit.
//!
//! The crate has no dependencies and allocates nothing; on wasm32 it brings
//! the panic handler. All statics are as they were at start whenever a unit
//! begins. [`log!`] prints on sample data. `glovebox module build` builds it; docs/sdk.md shows how.
#![no_std]
#![warn(missing_docs)]

mod block;
mod column;
mod emit;
mod group;
mod log;
mod scalar;
mod vector;
mod window;

pub use block::Block;
pub use column::{Bools, Column, Strings, Token};
pub use emit::Record;
pub use group::Groups;
pub use scalar::Row;
pub use vector::{count_where, sum, sum_where};
pub use window::{Fail, Table, Unit};

#[doc(hidden)]
pub mod export {
    //! What the macros need.
    pub use crate::log::{open, print, Region};
    pub use crate::scalar::status;
    pub use crate::window::run;
}

/// Makes a function of kind `map`, or `blocks`, and exports it under its name. It
/// gets the unit, or the block, and returns `Ok(())`, or `Err(Fail)` if the unit does not count.
#[macro_export]
macro_rules! map {
    ($(#[$meta:meta])* fn $name:ident($unit:ident: $type:ty) -> $result:ty $body:block) => {
        $(#[$meta])*
        fn $name($unit: $type) -> $result $body

        const _: () = {
            #[export_name = stringify!($name)]
            extern "C" fn export(_rows: i32) -> i32 {
                $crate::export::run($name)
            }
        };
    };
}

/// Fails the unit unless it holds: an assertion without a message, since nobody
/// would read it.
#[inline(always)]
fn must(holds: bool) {
    if !holds {
        #[cfg(target_arch = "wasm32")]
        core::arch::wasm32::unreachable();
        #[cfg(not(target_arch = "wasm32"))]
        panic!();
    }
}

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    log!("{}", info);
    core::arch::wasm32::unreachable()
}
