//! One record for each bill, by decade of birth and day of the week: a
//! function of kind map_scalar. It gets a row's values and may write no memory.

const gbx = @import("glovebox");

comptime {
    gbx.mapScalar("bands", bands);
}

const Band = struct { decade: i64, weekday: i64, cost: f64, points: f64 };

fn bands(born: i32, day: i32, member: bool, points: i64, cost: f64) gbx.Row(Band) {
    if (cost < 0) return .fail;
    if (cost == 0) return .nothing;
    return .{
        .record = .{
            .decade = @divTrunc(born, 10) * 10,
            .weekday = @mod(day + 3, 7), // 1970-01-01 was a Thursday; 0 is Monday
            .cost = cost,
            .points = if (member) @floatFromInt(points) else 0,
        },
    };
}
