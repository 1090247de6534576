//! Functions of kind `map_scalar`.

/// What a function of kind `map_scalar` says to a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Row<R> {
    /// The row gives this record.
    Record(R),
    /// The row gives none.
    Nothing,
    /// The whole unit does not count.
    Fail,
}

#[doc(hidden)]
pub fn status<R>(row: Row<R>) -> i32 {
    match row {
        Row::Record(_) => 1,
        Row::Nothing => 0,
        Row::Fail => 2,
    }
}

/// Makes a function of kind `map_scalar`: it gets a row's values (`i32` for
/// int32 and date, `bool`, `i64`, `f64`) and returns a [`Row`]. `key` and
/// `metrics` name the fields of the record as the manifest does; the macro
/// makes the struct.
///
/// ```ignore
/// glovebox::map_scalar! {
///     fn bands(born: i32, cost: f64) -> Band { key: {decade}, metrics: {cost} } {
///         if cost == 0.0 {
///             return Row::Nothing;
///         }
///         Row::Record(Band { decade: (born / 10 * 10) as i64, cost })
///     }
/// }
/// ```
///
/// It must not write memory: admission refuses a module whose function does.
/// Statics that change and large arrays are out; numbers are fine.
///
/// Rust has no functions with several results under wasm's C convention, so
/// the function is exported in parts, which `glovebox module build` joins; the
/// compiler leaves in each part what it needs.
#[macro_export]
macro_rules! map_scalar {
    ($(#[$meta:meta])* fn $name:ident($($arg:ident: $ty:ident),* $(,)?) -> $record:ident {
        key: {$($key:ident),* $(,)?}, metrics: {$($metric:ident),* $(,)?} $(,)?
    } $body:block) => {
        /// A record.
        #[derive(Clone, Copy, Debug, PartialEq)]
        struct $record { $($key: i64,)* $($metric: f64,)* }

        $(#[$meta])*
        #[inline(always)]
        fn $name($($arg: $ty),*) -> $crate::Row<$record> $body

        const _: () = {
            #[export_name = concat!("gbx_", stringify!($name), "_status")]
            extern "C" fn status($($arg: $ty),*) -> i32 {
                $crate::export::status($name($($arg),*))
            }
        };
        $crate::map_scalar_parts! { $name ($($arg: $ty),*) $record "_key_" i64 { $($key)* } }
        $crate::map_scalar_parts! { $name ($($arg: $ty),*) $record "_metric_" f64 { $($metric)* } }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! map_scalar_parts {
    ($name:ident $args:tt $record:ident $kind:literal $result:ident {}) => {};
    ($name:ident ($($arg:ident: $ty:ident),*) $record:ident $kind:literal $result:ident { $field:ident $($more:ident)* }) => {
        const _: () = {
            #[export_name = concat!("gbx_", stringify!($name), $kind, stringify!($field))]
            extern "C" fn part($($arg: $ty),*) -> $result {
                match $name($($arg),*) {
                    $crate::Row::Record(r) => r.$field,
                    _ => 0 as $result,
                }
            }
        };
        $crate::map_scalar_parts! { $name ($($arg: $ty),*) $record $kind $result { $($more)* } }
    };
}
