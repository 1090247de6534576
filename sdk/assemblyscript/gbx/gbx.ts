// The AssemblyScript SDK for Glovebox guests (ABI gbx/1). A project has its own
// copy. In the file that is compiled,
//
//     export { gbx_abi_1, gbx_buffers } from "./gbx/gbx";
//
// and export one function for each entry of your manifest:
//
//     export function visits(rows: i32): i32 { ...; return 0; }
//
// Tables are numbered as in the manifest, inputs first, then references;
// columns, parameters, key fields and metrics are too, from 0. Asking for a
// column as another type than it has, or for a row that is not there, traps:
// the unit then counts as failed, as it does if the function returns anything
// but 0.
//
// Columns and strings are views of the host's memory, good for this unit only.
// All variables are as they were at start whenever a unit begins, so nothing
// need be freed: the module is built without a collector (--runtime stub).

// The host's two regions. They never move.
let window: usize = 0;
let output: usize = 0;

export function gbx_abi_1(): i32 {
  return 0;
}

export function gbx_buffers(inBytes: i32, outBytes: i32): i64 {
  // The output first: with few records and rows they share a page of memory,
  // which is one page less to put back after each unit.
  const outEnd: usize = (<usize>outBytes + 63) & ~63;
  output = (heap.alloc(outEnd + <usize>inBytes + 64) + 63) & ~63;
  window = output + outEnd;
  return (<i64>window << 32) | <i64>output;
}

// Types of columns and parameters in the window.
const STRING: u32 = 1, INT32: u32 = 2, INT64: u32 = 3, FLOAT64: u32 = 4, BOOL: u32 = 5, DATE: u32 = 6, TOKEN: u32 = 7;

@inline function word(at: usize): u32 {
  return load<u32>(window + at);
}

@inline function check(ok: bool): void {
  if (!ok) unreachable();
}

/** A whole column, or a part of one. Missing values are 0. */
@final export class Column<T> {
  constructor(readonly at: usize, readonly length: i32) {}

  @operator("[]") get(row: i32): T {
    check(<u32>row < <u32>this.length);
    return load<T>(this.at + <usize>row * sizeof<T>());
  }

  /** The rows from one up to, but not including, another. */
  part(from: i32, to: i32): Column<T> {
    check(0 <= from && from <= to && to <= this.length);
    return new Column<T>(this.at + <usize>from * sizeof<T>(), to - from);
  }
}

/** A column of truth values, or which values of a column are there. */
@final export class Bits {
  // at is 0 if every bit is 1.
  constructor(readonly at: usize, readonly length: i32) {}

  @operator("[]") get(row: i32): bool {
    check(<u32>row < <u32>this.length);
    return this.at == 0 || ((load<u8>(this.at + (<usize>row >> 3)) >> (<u8>row & 7)) & 1) != 0;
  }
}

/** A string of UTF-8 inside the window, or one of the module's own. */
@final export class Str {
  constructor(readonly at: usize, readonly length: i32) {}

  /** A string of the module's own, such as a literal. */
  static of(s: string): Str {
    const b = String.UTF8.encode(s);
    return new Str(changetype<usize>(b), b.byteLength);
  }

  @operator("==") equals(o: Str): bool {
    return this.length == o.length && memory.compare(this.at, o.at, this.length) == 0;
  }

  @operator("!=") differs(o: Str): bool {
    return !this.equals(o);
  }

  /** A copy as AssemblyScript's own string. */
  toString(): string {
    return String.UTF8.decodeUnsafe(this.at, this.length);
  }
}

/** A column of strings. Missing ones are empty. */
@final export class Strings {
  constructor(private offsets: usize, private data: usize, readonly length: i32) {}

  @operator("[]") get(row: i32): Str {
    check(<u32>row < <u32>this.length);
    const at = this.offsets + 4 * <usize>row;
    const from = load<u32>(at);
    return new Str(this.data + from, load<u32>(at, 4) - from);
  }

  /** Is the string of a row this one? Makes no object, for long loops. */
  is(row: i32, s: Str): bool {
    check(<u32>row < <u32>this.length);
    const at = this.offsets + 4 * <usize>row;
    const from = load<u32>(at), length = load<u32>(at, 4) - from;
    return length == s.length && memory.compare(this.data + from, s.at, length) == 0;
  }
}

/** What a person or a thing is called in place of its name. */
@final export class Token {
  constructor(readonly low: u64, readonly high: u64) {}

  @operator("==") equals(o: Token): bool {
    return this.low == o.low && this.high == o.high;
  }

  @operator("!=") differs(o: Token): bool {
    return !this.equals(o);
  }
}

/** A column of tokens. Missing ones are zeros. */
@final export class Tokens {
  constructor(readonly at: usize, readonly length: i32) {}

  @operator("[]") get(row: i32): Token {
    check(<u32>row < <u32>this.length);
    const at = this.at + 16 * <usize>row;
    return new Token(load<u64>(at), load<u64>(at, 8));
  }
}

/** A table of the unit at hand: inputs first, then references. */
@final export class Table {
  /** Rows of this unit; of a reference, all. */
  readonly rows: i32;
  private columns: u32;
  private first: u32;

  constructor(table: i32) {
    check(<u32>table < word(8) + word(12));
    const at = <usize>word(20) + 16 * <usize>table;
    this.rows = word(at);
    this.columns = word(at + 4);
    this.first = word(at + 8);
  }

  // Where a column is described.
  private descriptor(column: i32): usize {
    check(<u32>column < this.columns);
    return <usize>word(24) + 48 * (<usize>this.first + <usize>column);
  }

  // Where a column's values are; it must have this type.
  private values(column: i32, type: u32): usize {
    const at = this.descriptor(column);
    check(word(at) == type);
    return window + word(at + 24);
  }

  int32s(column: i32): Column<i32> {
    return new Column<i32>(this.values(column, INT32), this.rows);
  }

  int64s(column: i32): Column<i64> {
    return new Column<i64>(this.values(column, INT64), this.rows);
  }

  float64s(column: i32): Column<f64> {
    return new Column<f64>(this.values(column, FLOAT64), this.rows);
  }

  /** Days since 1970-01-01. */
  dates(column: i32): Column<i32> {
    return new Column<i32>(this.values(column, DATE), this.rows);
  }

  tokens(column: i32): Tokens {
    return new Tokens(this.values(column, TOKEN), this.rows);
  }

  bools(column: i32): Bits {
    return new Bits(this.values(column, BOOL), this.rows);
  }

  strings(column: i32): Strings {
    const data = this.values(column, STRING);
    return new Strings(window + word(this.descriptor(column) + 20), data, this.rows);
  }

  /** Which rows of a column, of any type, have a value. */
  valid(column: i32): Bits {
    const at = this.descriptor(column);
    return new Bits(word(at + 12) == 0 ? 0 : window + word(at + 16), this.rows);
  }

  /** Rows of a column, of any type, without a value. Sums need not look. */
  nulls(column: i32): i32 {
    return word(this.descriptor(column) + 12);
  }
}

function param(n: i32, type: u32): usize {
  check(<u32>n < word(16));
  const at = <usize>word(28) + 16 * <usize>n;
  check(word(at + 8) == type);
  return window + at;
}

export function paramInt64(n: i32): i64 {
  return load<i64>(param(n, INT64));
}

export function paramFloat64(n: i32): f64 {
  return load<f64>(param(n, FLOAT64));
}

export function paramBool(n: i32): bool {
  return load<u64>(param(n, BOOL)) != 0;
}

export function paramString(n: i32): Str {
  const at = param(n, STRING);
  return new Str(window + load<u32>(at), load<u32>(at, 4));
}

/**
 * A record that is being written. Its fields follow one another: key fields
 * first, then metrics.
 *
 *     emit().keyString(ward, 12).keyInt64(decade).metric(hours).metric(cost);
 */
@final export class Record {
  constructor(private at: usize) {}

  keyInt64(v: i64): Record {
    store<i64>(this.at, v);
    this.at += 8;
    return this;
  }

  /**
   * width is the manifest's. A longer string traps, so that no character is
   * cut in two unseen.
   */
  keyString(s: Str, width: i32): Record {
    check(s.length <= width);
    const field = (width + 7) & ~7;
    memory.copy(this.at, s.at, s.length);
    memory.fill(this.at + <usize>s.length, 0, field - s.length);
    this.at += field;
    return this;
  }

  metric(v: f64): Record {
    store<f64>(this.at, v);
    this.at += 8;
    return this;
  }
}

/** Begins a record. With more than the manifest's max_records it traps. */
export function emit(): Record {
  const count = load<u32>(output);
  check(count < word(40));
  store<u32>(output, count + 1);
  return new Record(output + 16 + <usize>count * <usize>word(44));
}

/**
 * How many units the block has, in a function of kind blocks. Its tables hold
 * the rows of all of them, one unit after the other; it leaves one record.
 */
export function units(): i32 {
  return word(48);
}

/**
 * The row of a table with which each unit of the block begins, then how many
 * rows there are: one number more than units. Traps unless the function is of
 * kind blocks and the table is an input.
 *
 *     const bills = starts(0), costs = new Table(0).float64s(1);
 *     for (let u = 0; u < units(); u++) sum(costs.part(bills[u], bills[u + 1]));
 */
export function starts(table: i32): Column<i32> {
  check(<u32>table < word(8) + word(12));
  const at = word(<usize>word(20) + 16 * <usize>table + 12);
  check(at != 0);
  return new Column<i32>(window + at, units() + 1);
}
