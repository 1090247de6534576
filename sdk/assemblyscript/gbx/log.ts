// Logs, which the host shows on sample data and nobody reads on real data.
// They are in a build whose asconfig.json has "use": ["abort=", "GBX_LOG="],
// and whose compiled file has
//
//     export { gbx_log } from "./gbx/log";
//
// Without GBX_LOG these functions do nothing at all. With it, printing costs
// the same on real data as on samples.

import { Str } from "./gbx";

// How much text of one unit is kept, in bytes: the first ones.
const LOG_BYTES: u32 = isDefined(GBX_LOG) ? 4088 : 4;

// A u32, how many bytes were printed, and the text.
const region: usize = memory.data(4092, 8);

export function gbx_log(): i64 {
  return (<i64>region << 32) | <i64>(4 + LOG_BYTES);
}

function byte(c: u8): void {
  const printed = load<u32>(region);
  if (printed < LOG_BYTES) store<u8>(region + 4 + printed, c);
  store<u32>(region, printed + 1);
}

/** Prints a string of the window. A line is what lies between two "\n". */
export function logStr(s: Str): void {
  if (!isDefined(GBX_LOG)) return;
  for (let i = 0; i < s.length; i++) byte(load<u8>(s.at + <usize>i));
}

/** Prints a text, for numbers as x.toString() gives them. */
export function log(s: string): void {
  if (!isDefined(GBX_LOG)) return;
  logStr(Str.of(s));
}
