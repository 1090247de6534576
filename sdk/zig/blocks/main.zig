//! What customers spend, over a block of them at once: a function of kind
//! blocks. Its tables hold the rows of many people, one person after the other,
//! and it may compute over them whatever it likes.

const gbx = @import("glovebox");

comptime {
    gbx.blocks("spending", spending);
}

// Tables, columns and parameters, numbered as in the manifest.
const tables = struct {
    const person = 0;
    const bills = 1;
};
const columns = struct {
    const born = 0;
    const cost = 0;
};
const born_from = 0;

fn spending(block: *gbx.Block) !void {
    const born = block.table(tables.person).int32s(columns.born).all;
    const cost = block.table(tables.bills).float64s(columns.cost).all;
    const persons = block.table(tables.person).starts();
    const bills = block.table(tables.bills).starts();
    const from = block.int64(born_from);
    var all: f64 = 0;
    var top: f64 = 0;
    var people: u32 = 0;
    var without: u32 = 0;
    for (0..block.units()) |u| {
        if (persons[u] == persons[u + 1] or born[persons[u]] < from) continue;
        const own = cost[bills[u]..bills[u + 1]];
        const sum = gbx.sum(own);
        people += 1;
        without += @intFromBool(own.len == 0);
        all += sum;
        top = @max(top, sum);
    }
    if (people == 0) return error.Nobody; // the block counts with the job's default
    const n: f64 = @floatFromInt(people);
    const share = if (all > 0) top / all else 0;
    block.emit().metric(all / n).metric(share).metric(@as(f64, @floatFromInt(without)) / n).end();
}
