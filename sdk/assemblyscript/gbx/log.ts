// Logs, which the host shows on sample data and nobody reads on real data. To
// have one, set BYTES below to 4088, and in the file that is compiled write
//
//     export { gbx_log } from "./gbx/log";
//
// With BYTES = 0 these functions do nothing at all. With more, printing costs
// the same on real data as on samples.

import { Str } from "./gbx";

// How much text of one unit is kept, in bytes: the first ones.
const BYTES: u32 = 0;

// A u32, how many bytes were printed, and the text.
const region: usize = memory.data(4096, 8);

export function gbx_log(): i64 {
  return (<i64>region << 32) | 4096;
}

function byte(c: u8): void {
  const printed = load<u32>(region);
  if (printed < BYTES) store<u8>(region + 4 + printed, c);
  store<u32>(region, printed + 1);
}

/** Prints a string of the window. A line is what lies between two "\n". */
export function logStr(s: Str): void {
  if (BYTES == 0) return;
  for (let i = 0; i < s.length; i++) byte(load<u8>(s.at + <usize>i));
}

/** Prints a text, for numbers as x.toString() gives them. */
export function log(s: string): void {
  if (BYTES == 0) return;
  logStr(Str.of(s));
}
