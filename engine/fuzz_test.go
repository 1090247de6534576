package engine

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

// A load of any bytes ends, blames the file and nothing else, accounts for
// every row and keeps what it accepted. DuckDB and the splitter see the same
// rows.
func FuzzLoadCSV(f *testing.F) {
	for _, s := range []string{
		visitsHeader + "a,东城,7,1.5,2020-01-31,true,12\n", visitsHeader + "a,\"O'Hare\",+08,-1e3,2020-02-29,0,\r\n\r\nb", "\uFEFF" + visitsHeader + "\"a\"\"b\",\"东\n城\",1,,2020-01-01,,\n",
		"person,town\n", "", visitsHeader + "a\x00,,,,,,\n,\xff,,,,,\n\"a\"b,,,,,,\n\"", visitsHeader + ",,,,,,\n\n\n,,,,,,\r,\n",
		visitsHeader + "'a',#x,\\,1_0,infinity,t,9223372036854775808\n",
	} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte, gb bool) {
		if len(data) > 1<<16 {
			return
		}
		p := filepath.Join(dir, "fuzz.csv")
		if err := os.WriteFile(p, data, 0o600); err != nil {
			t.Fatal(err)
		}
		src, err := os.Open(p)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		ds := visits()
		ds.Columns[1].Values, ds.Columns[1].Nullable = nil, true
		if gb {
			ds.Source.Encoding = "gb18030"
		}
		o := testOptions(newVault())
		o.Parts = 1
		r, err := Load(context.Background(), ds, src, o)
		if err != nil {
			if glovebox.CodeOf(err) != glovebox.CodeInvalid {
				t.Fatal(err)
			}
			return
		}
		if r.Report.Rows != r.Report.Accepted+r.Report.Rejected || r.Manifest.Rows != r.Report.Accepted {
			t.Fatalf("%+v", r.Report)
		}
	})
}

// A manifest that decodes encodes to the same bytes.
func FuzzDecodeManifest(f *testing.F) {
	r := mustLoad(f, visits(), visitsHeader+"a,东城,7,1.5,2020-01-31,true,12\n", testOptions(newVault()))
	f.Add(r.ManifestBytes)
	ds := visits()
	ds.Columns[0].Keep = false
	f.Add(mustLoad(f, ds, visitsHeader, testOptions(newVault())).ManifestBytes)
	f.Add([]byte(`{"format":1,"dataset":"","space":"","unit":"u","max_rows":1,"columns":[{"name":"u","type":"token"}],"rows":0,"units":0,"parts":[{"name":"part-0000.parquet","bytes":0,"sha256":"` + strings.Repeat("0", 64) + `","rows":0,"units":0}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := DecodeManifest(data)
		if err != nil {
			if glovebox.CodeOf(err) != glovebox.CodeInvalid {
				t.Fatal(err)
			}
			return
		}
		b, err := m.Encode()
		if err != nil || !bytes.Equal(b, data) {
			t.Fatalf("%q becomes %q, %v", data, b, err)
		}
	})
}
