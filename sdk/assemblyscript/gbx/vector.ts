// Whole columns at once, two values with each instruction. The SDKs of all
// languages add in the same order, so that they give the same bits: value i to
// partial sum i mod 4, then (0 + 2) + (1 + 3).

import { Column } from "./gbx";

@inline function total(a: v128, b: v128): f64 {
  const c = f64x2.add(a, b);
  return f64x2.extract_lane(c, 0) + f64x2.extract_lane(c, 1);
}

// The last values, up to three, one to each partial sum.
@inline function lane(v: f64, i: i32): v128 {
  return i == 0 ? f64x2(v, 0) : f64x2(0, v);
}

/** The sum of all values. */
export function sum(values: Column<f64>): f64 {
  let a = f64x2(0, 0), b = a, i = 0, at = values.at;
  for (const n = values.length - 3; i < n; i += 4, at += 32) {
    a = f64x2.add(a, v128.load(at));
    b = f64x2.add(b, v128.load(at, 16));
  }
  for (let k = 0; i < values.length; i++, k++, at += 8) {
    const v = lane(load<f64>(at), k & 1);
    if (k < 2) a = f64x2.add(a, v);
    else b = f64x2.add(b, v);
  }
  return total(a, b);
}

// All bits 1 or 0 in each half, as the two keys lie within span of from.
@inline function inside(keys: usize, from: i32, span: u32): v128 {
  return i64x2(
    -<i64>(<u32>(load<i32>(keys) - from) <= span),
    -<i64>(<u32>(load<i32>(keys, 4) - from) <= span),
  );
}

/**
 * The sum of the values whose key lies in from .. to. There must be a key for
 * each value.
 */
export function sumWhere(values: Column<f64>, keys: Column<i32>, from: i32, to: i32): f64 {
  if (keys.length < values.length) unreachable();
  if (from > to) return 0;
  const span = <u32>(to - from); // one comparison for two
  let a = f64x2(0, 0), b = a, i = 0, at = values.at, key = keys.at;
  for (const n = values.length - 3; i < n; i += 4, at += 32, key += 16) {
    a = f64x2.add(a, v128.and(v128.load(at), inside(key, from, span)));
    b = f64x2.add(b, v128.and(v128.load(at, 16), inside(key + 8, from, span)));
  }
  for (let k = 0; i < values.length; i++, k++, at += 8, key += 4) {
    if (<u32>(load<i32>(key) - from) > span) continue;
    const v = lane(load<f64>(at), k & 1);
    if (k < 2) a = f64x2.add(a, v);
    else b = f64x2.add(b, v);
  }
  return total(a, b);
}

/** How many of the keys lie in from .. to. */
export function countWhere(keys: Column<i32>, from: i32, to: i32): i32 {
  if (from > to) return 0;
  const span = <u32>(to - from), end = keys.at + 4 * <usize>keys.length;
  let n = 0;
  for (let at = keys.at; at < end; at += 4) n += i32(<u32>(load<i32>(at) - from) <= span);
  return n;
}

/**
 * Numbers the keys within a unit, from 0 in order of appearance. Looking up
 * compares one key after the other, which is the fastest for the few keys that
 * one unit has; for more than some dozens take a Map.
 */
@final export class Groups<K> {
  /** The keys that were found so far. */
  readonly keys: K[] = [];

  /** More keys than most are refused. */
  constructor(private most: i32) {}

  /** A key's number; it is added if it is new. -1: there are too many. */
  find(key: K): i32 {
    for (let i = this.keys.length - 1; i >= 0; i--) { // the last one is the likeliest
      if (this.keys[i] == key) return i;
    }
    if (this.keys.length == this.most) return -1;
    return this.keys.push(key) - 1;
  }
}
