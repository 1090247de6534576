package pipeline

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the peer: plain DuckDB, unprotected
	"golang.org/x/sys/unix"
)

// BenchmarkSmallJob is a job over 1,000 rows from its file to its stored
// release, in an open domain: admission, policy, charge, decryption, the guest,
// noise, log. Every pass is a new job: its price differs.
func BenchmarkSmallJob(b *testing.B) {
	d, file := pumsDomain(b)
	p := New(d, nil)
	u := user(b, d, "wang")
	job := string(read(b, file))
	n := 0
	start, cpu := time.Now(), cpuTime(b)
	for b.Loop() {
		n++
		next := strings.Replace(job, "rho: 0.125", fmt.Sprintf("rho: %.9f", 5e-5+float64(n)*1e-9), 1)
		if err := os.WriteFile(file, []byte(next), 0o600); err != nil {
			b.Fatal(err)
		}
		o, err := p.Run(context.Background(), submit(file), u)
		if err != nil {
			b.Fatal(err)
		}
		if o.Repeated {
			b.Fatal("answered from the store")
		}
	}
	b.ReportMetric(float64(time.Since(start).Milliseconds())/float64(n), "ms/job")
	b.ReportMetric(float64((cpuTime(b)-cpu).Milliseconds())/float64(n), "cpu-ms/job")
}

// BenchmarkSmallJobPlainDuckDB answers the same question with plain DuckDB
// from the CSV file.
func BenchmarkSmallJobPlainDuckDB(b *testing.B) {
	path, err := filepath.Abs(filepath.Join(example, "pums.csv"))
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	start, cpu := time.Now(), cpuTime(b)
	for b.Loop() {
		n++
		db, err := sql.Open("duckdb", "")
		if err != nil {
			b.Fatal(err)
		}
		rows, err := db.Query(`SELECT CASE WHEN educ < 9 THEN 0 WHEN educ = 9 THEN 1 WHEN educ < 13 THEN 2 ELSE 3 END, count(*), avg(least(income, 150000))
			FROM read_csv(?) WHERE age >= 25 GROUP BY 1`, path)
		if err != nil {
			b.Fatal(err)
		}
		k := 0
		for rows.Next() {
			k++
		}
		if err := rows.Err(); err != nil || k != 4 {
			b.Fatalf("%d groups, %v", k, err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(start).Milliseconds())/float64(n), "ms/job")
	b.ReportMetric(float64((cpuTime(b)-cpu).Milliseconds())/float64(n), "cpu-ms/job")
}

// cpuTime is the processor time of this process and of the workers that ended.
func cpuTime(b *testing.B) (sum time.Duration) {
	b.Helper()
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if err := unix.Getrusage(who, &u); err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}
