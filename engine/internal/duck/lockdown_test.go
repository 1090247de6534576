package duck

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/rowtest"
)

// Every surface of DuckDB that could reach out of the process, against the
// very configuration that loads and filters run in.
func TestLockdown(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("GLOVEBOX_MARK", "marker-7391")
	secret := filepath.Join(dir, "secret.csv")
	if err := os.WriteFile(secret, []byte("a\nmarker-7391\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rowtest.MakeWithDuckDB(t, "COPY (SELECT 'marker-7391' AS a) TO "+QuoteText(filepath.Join(dir, "secret.parquet"))+" (FORMAT parquet)",
		"ATTACH "+QuoteText(filepath.Join(dir, "secret.db"))+" AS s", "CREATE TABLE s.x AS SELECT 'marker-7391' AS a", "DETACH s")
	// A server that must never be called.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	called := make(chan struct{}, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			called <- struct{}{}
			_ = c.Close()
		}
	}()
	defer l.Close()
	mine := rowtest.TempFile(t, []byte("a\n1\n"))
	d, c, err := Open(context.Background(), SmallMemory, PathOf(mine))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	defer c.Close()
	if n, _, err := c.Text(context.Background(), "SELECT CAST(a AS VARCHAR) FROM read_csv("+QuoteText(PathOf(mine))+")"); err != nil || n != "1" {
		t.Fatalf("the one allowed file: %q, %v", n, err)
	}
	url := "http://" + l.Addr().String() + "/x.csv"
	before := listDir(t, dir)
	for surface, statements := range map[string][]string{
		"COPY TO":          {"COPY (SELECT 1) TO 'out.csv'", "COPY (SELECT 1) TO '/dev/stdout'", "COPY (SELECT 1) TO 'out.parquet' (FORMAT parquet)", "COPY (SELECT 1) TO " + QuoteText(PathOf(mine)+"/../out")},
		"COPY FROM":        {"CREATE TABLE t1 (a VARCHAR); COPY t1 FROM 'secret.csv'"},
		"ATTACH":           {"ATTACH 'secret.db'", "ATTACH 'new.db'", "ATTACH 'secret.db' (READ_ONLY)", "ATTACH 'x' (TYPE sqlite)", "ATTACH 'x' (TYPE postgres)", "ATTACH '" + url + "'"},
		"INSTALL":          {"INSTALL httpfs", "FORCE INSTALL httpfs", "INSTALL httpfs FROM community", "INSTALL '/tmp/x.duckdb_extension'", "UPDATE EXTENSIONS"},
		"LOAD":             {"LOAD httpfs", "LOAD '/tmp/x.duckdb_extension'", "LOAD spatial"},
		"read functions":   {"SELECT * FROM read_csv('secret.csv')", "SELECT * FROM read_csv_auto('secret.csv')", "SELECT * FROM read_text('secret.csv')", "SELECT * FROM read_blob('secret.csv')", "SELECT * FROM read_parquet('secret.parquet')", "SELECT * FROM parquet_scan('secret.parquet')", "SELECT * FROM read_json('secret.csv')", "SELECT * FROM read_json_objects('secret.csv')", "SELECT * FROM read_ndjson('secret.csv')", "SELECT * FROM sniff_csv('secret.csv')", "SELECT * FROM parquet_metadata('secret.parquet')", "SELECT * FROM parquet_schema('secret.parquet')", "SELECT * FROM parquet_file_metadata('secret.parquet')", "SELECT * FROM read_duckdb('secret.db')", "SELECT * FROM read_text('/proc/self/environ')", "SELECT * FROM read_text('/proc/self/fd/0')", "SELECT * FROM read_text(" + QuoteText(PathOf(mine)+"/../../environ") + ")"},
		"glob":             {"SELECT * FROM glob('*')", "SELECT * FROM glob('/proc/self/fd/*')", "SELECT * FROM read_csv('*.csv')"},
		"replacement scan": {"SELECT * FROM 'secret.csv'", "SELECT * FROM 'secret.parquet'", `SELECT * FROM "secret.csv"`, "SELECT * FROM '" + secret + "'", "DESCRIBE 'secret.csv'", "SUMMARIZE 'secret.csv'"},
		"SET":              {"SET enable_external_access = true", "SET allowed_paths = ['/']", "SET allowed_directories = ['/']", "SET lock_configuration = false", "RESET lock_configuration", "SET temp_directory = '.'", "SET threads = 4", "SET memory_limit = '100GB'", "SET logging_storage = 'file'", "SET log_query_path = 'log'", "SET home_directory = '.'", "SET SESSION profiling_output = 'p'", "SET GLOBAL extension_directory = '.'", "SET VARIABLE x = getvariable('lock_configuration'); SET autoload_known_extensions = true"},
		"PRAGMA":           {"PRAGMA profiling_output = 'p'", "PRAGMA memory_limit = '100GB'", "PRAGMA enable_external_access = true", "PRAGMA import_database('x')"},
		"getenv":           {"SELECT getenv('GLOVEBOX_MARK')"},
		"query()":          {"SELECT * FROM query('SELECT * FROM read_text(''secret.csv'')')", "SELECT * FROM query_table('secret.csv')", "SELECT * FROM query_table(['secret.csv'])", "SELECT * FROM query('SET threads = 4')"},
		"http":             {"SELECT * FROM '" + url + "'", "SELECT * FROM read_csv('" + url + "')", "SELECT * FROM read_parquet('s3://127.0.0.1/x')", "SELECT * FROM read_csv('https://127.0.0.1/x.csv')", "COPY (SELECT 1) TO '" + url + "'", "SELECT * FROM read_json('hf://datasets/x')"},
		"EXPORT":           {"EXPORT DATABASE 'out'", "IMPORT DATABASE 'out'"},
		"secrets":          {"CREATE PERSISTENT SECRET s (TYPE http)", "CREATE SECRET s (TYPE s3)"},
	} {
		for _, s := range statements {
			r, err := c.Query(context.Background(), s)
			if err == nil {
				t.Errorf("%s: %s gave %v", surface, s, firstText(r))
				r.Release()
				continue
			}
			if strings.Contains(err.Error(), "marker") || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %s: the error says %q", surface, s, err)
			}
			if _, _, err := c.Text(context.Background(), "SELECT 'still alive'"); err != nil {
				t.Fatalf("%s: after %s nothing works any more: %v", surface, s, err)
			}
		}
	}
	if after := listDir(t, dir); after != before {
		t.Errorf("files before: %s, after: %s", before, after)
	}
	if len(called) > 0 {
		t.Error("something called the server")
	}
}

// More data than memory must fail, not spill.
func TestLockdownNoTempFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	d, c, err := Open(context.Background(), 32<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	defer c.Close()
	r, err := c.Query(context.Background(), "SELECT hash(i) AS h, repeat('x', 100) AS x FROM range(3000000) t(i) ORDER BY h, i")
	if err == nil {
		r.Release()
		t.Fatal("3 million rows were sorted in 32 MiB")
	}
	if glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), "memory") {
		t.Error(err)
	}
	if got := listDir(t, dir); got != "" {
		t.Errorf("files were left: %s", got)
	}
}

func firstText(r array.RecordReader) string {
	if r.Next() {
		return rowtest.Cell(r.RecordBatch().Column(0), 0)
	}
	return "no rows"
}

func listDir(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	if err := filepath.WalkDir(dir, func(p string, _ os.DirEntry, err error) error {
		if p != dir {
			all = append(all, filepath.Base(p))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}
