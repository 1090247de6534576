//! What patients cost, by ward and decade of birth. The same example is there
//! in every language; manifest.json says what goes in and what comes out.

const std = @import("std");
const gbx = @import("glovebox");

comptime {
    gbx.map("visits", visits);
    gbx.map("totals", totals);
}

// Tables, columns and parameters, numbered as in the manifest.
const tables = struct {
    const person = 0;
    const visits = 1;
    const rates = 2;
};
const columns = struct {
    const born = 0;
    const ward = 0;
    const hours = 1;
    const day = 2;
    const urgent = 3;
    const fee = 4;
    const doctor = 5;
};
const params = struct {
    const since = 0;
    const typical_hours = 1;
    const urgent_only = 2;
    const skip_ward = 3;
};
const most = 8; // wards of one person
const width = 12; // of the key, in bytes

/// The price of an hour in a ward; 0 if nobody lists it.
fn rate(rates: gbx.Table, ward: []const u8) i64 {
    const wards = rates.strings(0);
    for (rates.int64s(1).all, 0..) |r, i| {
        if (std.mem.eql(u8, wards.get(i) orelse continue, ward)) return r;
    }
    return 0;
}

const Group = struct {
    hours: f64 = 0,
    cost: f64 = 0,
    handovers: f64 = 0,
    doctor: ?gbx.Token = null, // of the last visit
};

/// One record for each ward that the person was in. Called once for each
/// person, with this person's rows only.
fn visits(unit: *gbx.Unit) !void {
    const person = unit.table(tables.person);
    if (person.rows() != 1) return error.NotOnePerson; // this person does not count
    const decade = @divTrunc(person.int32s(columns.born).all[0], 10) * 10;
    const table = unit.table(tables.visits);
    const rates = unit.table(tables.rates);
    const wards = table.strings(columns.ward);
    const hours = table.float64s(columns.hours);
    const days = table.dates(columns.day);
    const urgent = table.bools(columns.urgent);
    const fees = table.int64s(columns.fee);
    const doctors = table.tokens(columns.doctor);

    var groups: gbx.Groups([]const u8, most) = .{};
    var sums: [most]Group = @splat(.{});
    for (0..table.rows()) |i| {
        const ward = wards.get(i) orelse continue;
        if (std.mem.eql(u8, ward, unit.string(params.skip_ward))) continue;
        if (days.all[i] < unit.int64(params.since)) continue;
        if (unit.boolean(params.urgent_only) and !urgent.isTrue(i)) continue;

        const g = &sums[groups.of(ward) orelse return error.TooManyWards];
        const h = hours.get(i) orelse unit.float64(params.typical_hours);
        g.hours += h;
        g.cost += @as(f64, @floatFromInt(rate(rates, ward))) * h + @as(f64, @floatFromInt(fees.all[i]));
        if (g.doctor) |d| {
            if (!d.eql(doctors.all[i])) g.handovers += 1;
        }
        g.doctor = doctors.all[i];
    }

    for (groups.keys(), sums[0..groups.len]) |ward, g| {
        unit.emit().string(ward, width).int64(decade).metric(g.hours).metric(g.cost).metric(g.handovers).end();
    }
}

/// One record: all costs, and those of some years. Whole columns at once.
fn totals(unit: *gbx.Unit) !void {
    const bills = unit.table(0);
    const years = bills.int32s(0).all;
    const costs = bills.float64s(1).all;
    const from: i32 = @intCast(unit.int64(0));
    const to: i32 = @intCast(unit.int64(1));
    const recent: f64 = @floatFromInt(gbx.countWhere(years, from, to));
    unit.emit().metric(gbx.sum(costs)).metric(gbx.sumWhere(costs, years, from, to)).metric(recent).end();
}
