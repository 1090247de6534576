package crew

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/klauspost/compress/zstd"
	_ "modernc.org/sqlite"

	"glovebox.example/glovebox"
)

// formFiles are the same three rows in every form that is read.
func formFiles(t *testing.T) map[string][]byte {
	const text = "id,phone,cost\np1,13800000000,5\np2,,7\np1,13800000001,9\n"
	out := map[string][]byte{"csv": []byte(text)}
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	_, err1 := g.Write([]byte(text))
	err := errors.Join(err1, g.Close())
	out["gzip"] = bytes.Clone(b.Bytes())
	b.Reset()
	z, err2 := zstd.NewWriter(&b)
	_, err1 = z.Write([]byte(text))
	err = errors.Join(err, err1, err2, z.Close())
	out["zstd"] = bytes.Clone(b.Bytes())
	zipped := func(parts map[string]string) []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for name, s := range parts {
			e, err1 := w.Create(name)
			_, err2 := e.Write([]byte(s))
			err = errors.Join(err, err1, err2)
		}
		err = errors.Join(err, w.Close())
		return b.Bytes()
	}
	out["zip"] = zipped(map[string]string{"a.csv": text})
	rows := ""
	for _, l := range strings.Split(strings.TrimSpace(text), "\n") {
		rows += "<row>"
		for _, f := range strings.Split(l, ",") {
			rows += `<c t="str"><v>` + f + `</v></c>`
		}
		rows += "</row>"
	}
	out["xlsx"] = zipped(map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="r" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="u"><sheets><sheet name="x" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData>` + rows + `</sheetData></worksheet>`,
	})
	s := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.BinaryTypes.String}, {Name: "phone", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "cost", Type: arrow.PrimitiveTypes.Int16}}, nil)
	batch, _, err1 := array.RecordFromJSON(memory.DefaultAllocator, s, strings.NewReader(`[{"id": "p1", "phone": "13800000000", "cost": 5}, {"id": "p2", "cost": 7}, {"id": "p1", "phone": "13800000001", "cost": 9}]`))
	err = errors.Join(err, err1)
	b.Reset()
	w, err1 := ipc.NewFileWriter(&b, ipc.WithSchema(s), ipc.WithZstd())
	err = errors.Join(err, err1, w.Write(batch), w.Close())
	batch.Release()
	out["arrow"] = bytes.Clone(b.Bytes())
	path := filepath.Join(t.TempDir(), "x.db")
	db, err1 := sql.Open("sqlite", path)
	_, err2 = db.Exec(`CREATE TABLE visits (id TEXT, phone TEXT, cost INTEGER); INSERT INTO visits VALUES ('p1', '13800000000', 5), ('p2', NULL, 7), ('p1', '13800000001', 9)`)
	err = errors.Join(err, err1, err2, db.Close())
	data, err1 := os.ReadFile(path)
	if err = errors.Join(err, err1); err != nil {
		t.Fatal(err)
	}
	out["sqlite"] = data
	return out
}

// TestChannelFormsOfFiles: every form of file is read behind the walls, and gives
// byte for byte what its rows give as CSV; one that breaks off is refused there.
func TestChannelFormsOfFiles(t *testing.T) {
	want := kept{}
	files := formFiles(t)
	for _, name := range []string{"csv", "gzip", "zstd", "zip", "xlsx", "arrow", "sqlite"} {
		ds := loadRecord()
		ds.Source = glovebox.Source{Format: name}
		switch name {
		case "gzip", "zstd", "zip":
			ds.Source = glovebox.Source{Format: "csv", Compression: name}
		case "xlsx":
			ds.Source.Null = []string{""}
		case "sqlite":
			ds.Source.Table = "visits"
		}
		got := kept{}
		if _, err := Load(context.Background(), ds, sourceFile(t, string(files[name])), loadOptions(got)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if name == "csv" {
			want = got
			continue
		}
		for part, b := range want {
			if got[part] == nil || !bytes.Equal(got[part].Bytes(), b.Bytes()) {
				t.Errorf("%s: %s differs from that of CSV", name, part)
			}
		}
		half := files[name][:len(files[name])/2]
		if _, err := Load(context.Background(), ds, sourceFile(t, string(half)), loadOptions(kept{})); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("half of %s: %v", name, err)
		}
	}
}
