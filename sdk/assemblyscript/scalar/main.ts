// One record for each bill, by decade of birth and day of the week: a function
// of kind map_scalar. Its parts get a row's values and give one field each;
// glovebox module build joins them into one function, bands. They may write no
// memory: no objects, strings or arrays, no variable that changes but locals.
export { gbx_abi_1, gbx_buffers } from "./gbx/gbx";

const NOTHING = 0, RECORD = 1, FAIL = 2;

// What a bill is: the other parts are called for a record only.
export function gbx_bands_status(born: i32, day: i32, member: bool, points: i64, cost: f64): i32 {
  return cost < 0 ? FAIL : cost == 0 ? NOTHING : RECORD;
}

export function gbx_bands_key_decade(born: i32, day: i32, member: bool, points: i64, cost: f64): i64 {
  return born / 10 * 10;
}

export function gbx_bands_key_weekday(born: i32, day: i32, member: bool, points: i64, cost: f64): i64 {
  const weekday = (day + 3) % 7; // 1970-01-01 was a Thursday; 0 is Monday
  return weekday < 0 ? weekday + 7 : weekday;
}

export function gbx_bands_metric_cost(born: i32, day: i32, member: bool, points: i64, cost: f64): f64 {
  return cost;
}

export function gbx_bands_metric_points(born: i32, day: i32, member: bool, points: i64, cost: f64): f64 {
  return member ? <f64>points : 0;
}
