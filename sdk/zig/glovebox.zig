//! Write a Glovebox module (guest ABI gbx/1) in Zig.
//!
//!     const gbx = @import("glovebox");
//!
//!     comptime {
//!         gbx.map("visits", visits);
//!     }
//!
//!     /// One record for each visit with a known length.
//!     fn visits(unit: *gbx.Unit) !void {
//!         const table = unit.table(0);
//!         const wards = table.strings(0);
//!         const hours = table.float64s(1);
//!         for (0..table.rows()) |i| {
//!             const ward = wards.get(i) orelse continue;
//!             unit.emit().string(ward, 12).metric(hours.get(i) orelse continue).end();
//!         }
//!     }
//!
//! `map` makes a function of kind map, `blocks` one of kind blocks, `mapScalar`
//! one of kind map_scalar.
//! Tables, columns, parameters, key fields and metrics are numbered as in the
//! manifest, from 0; of the tables, inputs come first, then references. Asking
//! for something that is not there, or for a column as another type than it
//! has, traps, and a trap fails the unit.
//!
//! It needs no allocator. All variables are as they were at start whenever a
//! unit begins. `glovebox module build` builds it; docs/sdk.md shows how. Made
//! for Zig 0.14 and later.

const std = @import("std");

const Header = extern struct {
    magic: [4]u8,
    minor: u32,
    inputs: u32,
    references: u32,
    params: u32,
    tables_at: u32,
    columns_at: u32,
    params_at: u32,
    rows: u32,
    window_bytes: u32,
    max_records: u32,
    record_bytes: u32,
    units: u32,
    reserved: [12]u8,
};

const Entry = extern struct { rows: u32, columns: u32, first: u32, starts: u32 };

const Descriptor = extern struct {
    type: Type,
    flags: u32,
    length: u32,
    null_count: u32,
    validity: u32,
    offsets: u32,
    data: u32,
    data_len: u32,
    reserved: [16]u8,

    fn present(d: *const Descriptor, row: usize) bool {
        must(row < d.length);
        return d.null_count == 0 or bit(d.validity, row);
    }
};

const Type = enum(u32) { none, string, int32, int64, float64, bool, date, token, _ };

comptime {
    if (@sizeOf(Header) != 64 or @sizeOf(Entry) != 16 or @sizeOf(Descriptor) != 48) @compileError("layout");
}

/// The host's two regions. They never move.
var input: usize = 0;
var output: usize = 0;

/// Set by the linker: the first byte after data and stack.
extern const __heap_base: u8;

export fn gbx_abi_1() i32 {
    return 0;
}

/// Puts the two regions behind everything else in memory.
export fn gbx_buffers(in_bytes: u32, out_bytes: u32) i64 {
    input = std.mem.alignForward(usize, @intFromPtr(&__heap_base), 64);
    output = std.mem.alignForward(usize, input + in_bytes, 64);
    const end = output + out_bytes;
    const have = @wasmMemorySize(0) << 16;
    if (end > have) must(@wasmMemoryGrow(0, (end - have + 0xffff) >> 16) >= 0);
    return @bitCast(@as(u64, input) << 32 | output);
}

fn must(holds: bool) void {
    if (!holds) @trap();
}

/// What lies at an offset that the host wrote.
fn at(comptime T: type, offset: usize) *const T {
    return @ptrFromInt(input + offset);
}

fn values(comptime T: type, offset: usize, len: usize) []const T {
    return @as([*]const T, @ptrFromInt(input + offset))[0..len];
}

fn bit(offset: usize, row: usize) bool {
    return at(u8, offset + (row >> 3)).* >> @intCast(row & 7) & 1 == 1;
}

fn header() *const Header {
    return at(Header, 0);
}

/// Makes a function of kind map: f is `fn (*Unit) !void`; an error means that
/// the unit does not count.
pub fn map(comptime name: []const u8, comptime f: anytype) void {
    const Export = struct {
        fn call(_: i32) callconv(.c) i32 {
            var unit: Unit = .{};
            f(&unit) catch return 1;
            return 0;
        }
    };
    @export(&Export.call, .{ .name = name });
}

/// Makes a function of kind blocks: f is `fn (*Block) !void`.
pub const blocks = map;

/// One block of privacy units. A table holds the rows of all its units, one
/// unit after the other; a block leaves one record.
pub const Block = Unit;

/// One privacy unit: what it is, and what it leaves.
pub const Unit = struct {
    /// A table: inputs first, then references.
    pub fn table(_: *const Unit, n: usize) Table {
        const h = header();
        must(n < h.inputs + h.references);
        return .{ .entry = at(Entry, h.tables_at + n * @sizeOf(Entry)) };
    }

    /// How many units the block has; of a function of kind blocks.
    pub fn units(_: *const Unit) usize {
        return header().units;
    }

    fn param(_: *const Unit, n: usize, t: Type) usize {
        const h = header();
        must(n < h.params);
        const p = h.params_at + n * 16;
        must(at(Type, p + 8).* == t);
        return p;
    }

    /// A parameter of type int64.
    pub fn int64(unit: *const Unit, n: usize) i64 {
        return at(i64, unit.param(n, .int64)).*;
    }

    /// A parameter of type float64.
    pub fn float64(unit: *const Unit, n: usize) f64 {
        return at(f64, unit.param(n, .float64)).*;
    }

    /// A parameter of type bool.
    pub fn boolean(unit: *const Unit, n: usize) bool {
        return at(u64, unit.param(n, .bool)).* != 0;
    }

    /// A parameter of type string: UTF-8.
    pub fn string(unit: *const Unit, n: usize) []const u8 {
        const p = unit.param(n, .string);
        return values(u8, at(u32, p).*, at(u32, p + 4).*);
    }

    /// Begins a record. More than max_records of them trap.
    pub fn emit(_: *Unit) Record {
        const h = header();
        const count: *u32 = @ptrFromInt(output);
        must(count.* < h.max_records);
        const start = output + 16 + count.* * h.record_bytes;
        count.* += 1;
        return .{ .at = start, .last = start + h.record_bytes };
    }
};

/// A record under construction: key fields first, then metrics, in the
/// manifest's order. A field too many traps; one that is not given is zero.
pub const Record = struct {
    at: usize,
    last: usize,

    fn put(r: Record, bytes: []const u8, padded: usize) Record {
        must(bytes.len <= padded and padded <= r.last - r.at);
        // The region is all zeros when a unit begins, so padding is there.
        @memcpy(@as([*]u8, @ptrFromInt(r.at)), bytes);
        return .{ .at = r.at + padded, .last = r.last };
    }

    /// A key field of type int64.
    pub fn int64(r: Record, v: i64) Record {
        return r.put(std.mem.asBytes(&v), 8);
    }

    /// A key field of type string. width is the manifest's; a longer text
    /// traps, so that no character is cut in two unseen.
    pub fn string(r: Record, v: []const u8, width: usize) Record {
        must(v.len <= width);
        return r.put(v, std.mem.alignForward(usize, width, 8));
    }

    /// A metric. One that is infinite or not a number fails the unit.
    pub fn metric(r: Record, v: f64) Record {
        return r.put(std.mem.asBytes(&v), 8);
    }

    /// Nothing more follows.
    pub fn end(_: Record) void {}
};

/// A pseudonym: the same for the same person or thing, within one job's data.
pub const Token = extern struct {
    bytes: [16]u8,

    pub fn eql(a: Token, b: Token) bool {
        return std.mem.eql(u8, &a.bytes, &b.bytes);
    }
};

/// A table of the unit, or a reference table. Columns are asked for by number
/// and type.
pub const Table = struct {
    entry: *const Entry,

    /// Its rows in this unit.
    pub fn rows(t: Table) usize {
        return t.entry.rows;
    }

    /// The row with which each unit of a block begins, then how many rows there
    /// are: one number more than units. Traps unless the function is of kind
    /// blocks and the table is an input.
    pub fn starts(t: Table) []const u32 {
        must(t.entry.starts != 0);
        return values(u32, t.entry.starts, header().units + 1);
    }

    fn column(t: Table, n: usize, kind: Type) *const Descriptor {
        must(n < t.entry.columns);
        const d = at(Descriptor, header().columns_at + (t.entry.first + n) * @sizeOf(Descriptor));
        must(d.type == kind);
        return d;
    }

    pub fn int32s(t: Table, n: usize) Column(i32) {
        return .init(t.column(n, .int32));
    }

    pub fn int64s(t: Table, n: usize) Column(i64) {
        return .init(t.column(n, .int64));
    }

    /// No value is infinite or not a number.
    pub fn float64s(t: Table, n: usize) Column(f64) {
        return .init(t.column(n, .float64));
    }

    /// Days since 1970-01-01.
    pub fn dates(t: Table, n: usize) Column(i32) {
        return .init(t.column(n, .date));
    }

    pub fn tokens(t: Table, n: usize) Column(Token) {
        return .init(t.column(n, .token));
    }

    pub fn bools(t: Table, n: usize) Bools {
        return .{ .descriptor = t.column(n, .bool) };
    }

    pub fn strings(t: Table, n: usize) Strings {
        return .{ .descriptor = t.column(n, .string) };
    }
};

/// A column of numbers or tokens. In all, a missing value is zero; get says
/// what is missing.
pub fn Column(comptime T: type) type {
    return struct {
        all: []const T,
        descriptor: *const Descriptor,

        fn init(d: *const Descriptor) @This() {
            return .{ .all = values(T, d.data, d.length), .descriptor = d };
        }

        /// The value of a row; null if it is missing.
        pub fn get(c: @This(), row: usize) ?T {
            return if (c.descriptor.present(row)) c.all[row] else null;
        }

        /// How many rows miss a value.
        pub fn nulls(c: @This()) usize {
            return c.descriptor.null_count;
        }
    };
}

/// A column of type bool.
pub const Bools = struct {
    descriptor: *const Descriptor,

    /// The value of a row; null if it is missing.
    pub fn get(b: Bools, row: usize) ?bool {
        return if (b.descriptor.present(row)) bit(b.descriptor.data, row) else null;
    }

    /// Whether the row holds true; a missing value does not.
    pub fn isTrue(b: Bools, row: usize) bool {
        return b.get(row) orelse false;
    }
};

/// A column of type string.
pub const Strings = struct {
    descriptor: *const Descriptor,

    /// The text of a row; null if it is missing.
    pub fn get(s: Strings, row: usize) ?[]const u8 {
        if (!s.descriptor.present(row)) return null;
        const offsets = values(u32, s.descriptor.offsets, s.descriptor.length + 1);
        return values(u8, s.descriptor.data + offsets[row], offsets[row + 1] - offsets[row]);
    }
};

/// Numbers the different keys of a unit, at most n, in order of appearance, for
/// arrays of one's own. K is an integer type or []const u8.
///
///     var wards: gbx.Groups([]const u8, 8) = .{};
///     var hours: [8]f64 = @splat(0);
///     hours[wards.of(ward) orelse return error.TooMany] += 1.5;
pub fn Groups(comptime K: type, comptime n: usize) type {
    return struct {
        room: [n]K = undefined,
        len: usize = 0,

        /// The group of a key, made if it is new; null if there are too many.
        pub fn of(g: *@This(), key: K) ?usize {
            if (g.find(key)) |i| return i;
            if (g.len == n) return null;
            g.room[g.len] = key;
            g.len += 1;
            return g.len - 1;
        }

        /// The group of a key, if there is one.
        pub fn find(g: *const @This(), key: K) ?usize {
            var i = g.len;
            while (i > 0) { // the last one is the likeliest
                i -= 1;
                const same = if (K == []const u8) std.mem.eql(u8, g.room[i], key) else g.room[i] == key;
                if (same) return i;
            }
            return null;
        }

        /// The keys, by number of group.
        pub fn keys(g: *const @This()) []const K {
            return g.room[0..g.len];
        }
    };
}

// Logs, which the host shows on sample data and nobody reads on real data.
// Without
//
//     pub const gbx_log_bytes = 4000;
//
// in the root file, log is nothing at all. With it, a unit keeps as many bytes
// of text, the first ones, and printing costs the same on real data as on
// samples.

const root = @import("root");
const log_bytes = if (@hasDecl(root, "gbx_log_bytes")) root.gbx_log_bytes else 0;

const Region = extern struct { printed: u32, text: [log_bytes]u8 };
var region: Region align(8) = .{ .printed = 0, .text = @splat(0) };

comptime {
    if (log_bytes > 0) @export(&logRegion, .{ .name = "gbx_log" });
}

fn logRegion() callconv(.c) i64 {
    return @bitCast(@as(u64, @intFromPtr(&region)) << 32 | @sizeOf(Region));
}

/// Prints a line, formatted as std.fmt does; of one beyond 1,000 bytes nothing.
pub fn log(comptime format: []const u8, args: anytype) void {
    if (log_bytes == 0) return;
    var buffer: [1000]u8 = undefined;
    for (std.fmt.bufPrint(&buffer, format ++ "\n", args) catch return) |c| {
        if (region.printed < log_bytes) region.text[region.printed] = c;
        region.printed += 1;
    }
}

// Whole columns at once. All SDKs add in the same order, so that they give the
// same bits: value i to partial sum i mod 4, then (0 + 2) + (1 + 3).

const Lanes = @Vector(4, f64);

fn finish(lanes: Lanes) f64 {
    return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
}

/// The sum of all values.
pub fn sum(column: []const f64) f64 {
    var lanes: Lanes = @splat(0);
    var i: usize = 0;
    while (i + 4 <= column.len) : (i += 4) lanes += @as(Lanes, column[i..][0..4].*);
    var rest: [4]f64 = @splat(0);
    for (column[i..], 0..) |v, k| rest[k] = v;
    return finish(lanes + @as(Lanes, rest)); // adding zero changes no sum
}

/// The sum of the values whose key lies in from to to, both included. Traps if
/// there are more keys than values, or fewer.
pub fn sumWhere(column: []const f64, keys: []const i32, from: i32, to: i32) f64 {
    must(column.len == keys.len);
    const zero: Lanes = @splat(0);
    var lanes = zero;
    var i: usize = 0;
    while (i + 4 <= column.len) : (i += 4) {
        const k: @Vector(4, i32) = keys[i..][0..4].*;
        const v: Lanes = column[i..][0..4].*;
        const low = @select(f64, k >= @as(@Vector(4, i32), @splat(from)), v, zero);
        lanes += @select(f64, k <= @as(@Vector(4, i32), @splat(to)), low, zero);
    }
    var rest: [4]f64 = @splat(0);
    for (column[i..], keys[i..], 0..) |v, k, n| {
        if (k >= from and k <= to) rest[n] = v;
    }
    return finish(lanes + @as(Lanes, rest));
}

/// How many keys lie in from to to, both included.
pub fn countWhere(keys: []const i32, from: i32, to: i32) usize {
    var n: usize = 0;
    for (keys) |k| n += @intFromBool(k >= from and k <= to);
    return n;
}

/// What a function of kind map_scalar says to a row: a record, none, or that
/// the whole unit does not count.
pub fn Row(comptime Record_: type) type {
    return union(enum) { record: Record_, nothing, fail };
}

/// Makes a function of kind map_scalar. f gets a row's values (i32 for int32
/// and date, bool, i64, f64; at most 8 of them) and returns a Row of a struct:
/// its fields of type i64 are the key, those of type f64 the metrics, by the
/// manifest's names. It must not write memory: admission refuses a module whose
/// function does.
///
/// Zig has no functions with several results under C's convention, so f is
/// exported in parts, which `glovebox module build` joins; the compiler leaves
/// in each part what it needs.
pub fn mapScalar(comptime name: []const u8, comptime f: anytype) void {
    const R = @FieldType(@typeInfo(@TypeOf(f)).@"fn".return_type.?, "record");
    const Status = struct {
        fn of(row: Row(R)) i32 {
            return switch (row) {
                .record => 1,
                .nothing => 0,
                .fail => 2,
            };
        }
    };
    part("gbx_" ++ name ++ "_status", f, i32, Status.of);
    for (std.meta.fieldNames(R)) |field| {
        const T = @FieldType(R, field);
        const Field = struct {
            fn of(row: Row(R)) T {
                return switch (row) {
                    .record => |r| @field(r, field),
                    else => 0,
                };
            }
        };
        const kind = if (T == i64) "_key_" else if (T == f64) "_metric_" else @compileError("a field is neither i64 nor f64");
        part("gbx_" ++ name ++ kind ++ field, f, T, Field.of);
    }
}

fn part(comptime name: []const u8, comptime f: anytype, comptime R: type, comptime of: anytype) void {
    const Args = std.meta.ArgsTuple(@TypeOf(f));
    const names = std.meta.fieldNames(Args);
    const P = struct {
        fn t(comptime i: usize) type {
            return if (i < names.len) @FieldType(Args, names[i]) else void;
        }
    };
    // zig fmt: off
    const T = P.t;
    const Call = struct {
        fn f1(a: T(0)) callconv(.c) R { return of(@call(.always_inline, f, .{a})); }
        fn f2(a: T(0), b: T(1)) callconv(.c) R { return of(@call(.always_inline, f, .{ a, b })); }
        fn f3(a: T(0), b: T(1), c: T(2)) callconv(.c) R { return of(@call(.always_inline, f, .{ a, b, c })); }
        fn f4(a: T(0), b: T(1), c: T(2), d: T(3)) callconv(.c) R { return of(@call(.always_inline, f, .{ a, b, c, d })); }
        fn f5(a: T(0), b: T(1), c: T(2), d: T(3), e: T(4)) callconv(.c) R { return of(@call(.always_inline, f, .{ a, b, c, d, e })); }
        fn f6(a: T(0), b: T(1), c: T(2), d: T(3), e: T(4), g: T(5)) callconv(.c) R { return of(@call(.always_inline, f, .{ a, b, c, d, e, g })); }
        fn f7(a: T(0), b: T(1), c: T(2), d: T(3), e: T(4), g: T(5), h: T(6)) callconv(.c) R { return of(@call(.always_inline, f, .{ a, b, c, d, e, g, h })); }
        fn f8(a: T(0), b: T(1), c: T(2), d: T(3), e: T(4), g: T(5), h: T(6), i: T(7)) callconv(.c) R { return of(@call(.always_inline, f, .{ a, b, c, d, e, g, h, i })); }
    };
    // zig fmt: on
    const call = switch (names.len) {
        1 => &Call.f1,
        2 => &Call.f2,
        3 => &Call.f3,
        4 => &Call.f4,
        5 => &Call.f5,
        6 => &Call.f6,
        7 => &Call.f7,
        8 => &Call.f8,
        else => @compileError("a function of kind map_scalar has 1 to 8 columns here"),
    };
    @export(call, .{ .name = name });
}
