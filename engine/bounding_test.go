package engine

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox/engine/internal/duck"
)

// boundingSQL are the best SQL forms that were found for L0 bounding and
// aggregation in DuckDB: rank a user's keys in a window, take the smallest
// with an aggregate, or join with the largest hash that stays.
var boundingSQL = []struct{ name, sql string }{
	{"E-window", `WITH p AS (SELECT uid, g, sum(v) AS s FROM %s GROUP BY uid, g),
		k AS (SELECT g, s, row_number() OVER (PARTITION BY uid ORDER BY hash(uid, g, 7919)) AS n FROM p)
		SELECT g, count(*) AS n, sum(least(greatest(s, 0), 1500)) AS s FROM k WHERE n <= 10 GROUP BY g`},
	{"F-min-n", `WITH p AS (SELECT uid, g, sum(v) AS s FROM %s GROUP BY uid, g),
		k AS (SELECT unnest(min({'h': hash(uid, g, 7919), 'g': g, 's': s}, 10)) AS x FROM p GROUP BY uid)
		SELECT x.g AS g, count(*) AS n, sum(least(greatest(x.s, 0), 1500)) AS s FROM k GROUP BY x.g`},
	{"H-threshold", `WITH p AS MATERIALIZED (SELECT uid, g, sum(v) AS s, hash(uid, g, 7919) AS h FROM %s GROUP BY uid, g),
		k AS (SELECT uid, list_max(min(h, 10)) AS top FROM p GROUP BY uid)
		SELECT g, count(*) AS n, sum(least(greatest(s, 0), 1500)) AS s FROM p JOIN k USING (uid) WHERE h <= top GROUP BY g`},
}

// boundOrders are the tables that the data is in: as a snapshot has it, user by
// user, and in random order, as a provider's table is.
var boundOrders = []string{"clustered", "shuffled"}

// boundTable puts the data into DuckDB tables, with one thread.
func boundTable(t testing.TB) *duck.Conn {
	t.Helper()
	d, c, err := duck.Open(context.Background(), 4<<30)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); d.Close() })
	schema := arrow.NewSchema([]arrow.Field{{Name: "uid", Type: arrow.PrimitiveTypes.Int64}, {Name: "g", Type: arrow.PrimitiveTypes.Int32}, {Name: "v", Type: arrow.PrimitiveTypes.Float64}}, nil)
	rb := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
	defer rb.Release()
	boundData(func(user, key, value uint64) {
		rb.Field(0).(*array.Int64Builder).Append(int64(user))
		rb.Field(1).(*array.Int32Builder).Append(int32(key))
		rb.Field(2).(*array.Float64Builder).Append(float64(value))
	})
	b := rb.NewRecordBatch()
	defer b.Release()
	r, err := array.NewRecordReader(schema, []arrow.RecordBatch{b})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	release, err := c.View(context.Background(), "v", r)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	for _, s := range []string{"CREATE TABLE clustered AS SELECT * FROM v", "CREATE TABLE shuffled AS SELECT * FROM clustered ORDER BY hash(rowid, 104729)"} {
		if err := c.Exec(context.Background(), s); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// The three forms compute the same thing, and bound as they say.
func TestBoundingFormsAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	c := boundTable(t)
	var first string
	for _, order := range boundOrders {
		for _, f := range boundingSQL {
			got, _, err := c.Text(context.Background(), "SELECT concat_ws(' ', count(*), sum(n), sum(s), bit_xor(hash(g, n, s))) FROM ("+fmt.Sprintf(f.sql, order)+")")
			if err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = got
			}
			if got != first {
				t.Errorf("%s/%s: %s, not %s", order, f.name, got, first)
			}
		}
	}
	users, keys := uint64(0), map[[2]uint64]bool{}
	boundData(func(user, key, _ uint64) { users = user + 1; keys[[2]uint64{user, key}] = true })
	per := map[uint64]uint64{}
	for k := range keys {
		per[k[0]]++
	}
	want := uint64(0)
	for _, n := range per {
		want += min(n, boundL0)
	}
	var groups, kept uint64
	if _, err := fmt.Sscan(first, &groups, &kept); err != nil || groups != boundKeys || kept != want {
		t.Errorf("%s: %d keys kept of %d users, want %d", first, kept, users, want)
	}
}

// BenchmarkBoundingDuckDBSQL is the baseline of the published table: the cost
// of L0 bounding and aggregation in SQL, one DuckDB thread, the table in
// memory. rows/cpu-s counts the CPU time of the process.
func BenchmarkBoundingDuckDBSQL(b *testing.B) {
	c := boundTable(b)
	for _, order := range boundOrders {
		for _, f := range boundingSQL {
			b.Run(order+"/"+f.name, func(b *testing.B) {
				start := cpuTime(b)
				for b.Loop() {
					r, err := c.Query(context.Background(), fmt.Sprintf(f.sql, order))
					if err != nil {
						b.Fatal(err)
					}
					n := int64(0)
					for r.Next() {
						n += r.RecordBatch().NumRows()
					}
					r.Release()
					if n != boundKeys {
						b.Fatal(n)
					}
				}
				b.ReportMetric(boundRows*float64(b.N)/(cpuTime(b)-start).Seconds(), "rows/cpu-s")
			})
		}
	}
}

// cpuTime is the user and system time of the process so far.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
