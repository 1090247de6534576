//go:build !glovebox_verify

package bundle

import (
	"bytes"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Form is a way to write the rows of a release for the programs that read them.
type Form string

const (
	FormCSV     Form = "csv"
	FormParquet Form = "parquet"
	FormArrow   Form = "arrow" // an Arrow IPC file, also called Feather
	FormJSON    Form = "json"
	FormXLSX    Form = "xlsx"
)

// Forms lists the forms.
var Forms = []Form{FormCSV, FormParquet, FormArrow, FormJSON, FormXLSX}

// media are the names of the forms on the network.
var media = map[Form]string{
	FormCSV:     "text/csv; charset=utf-8",
	FormParquet: "application/vnd.apache.parquet",
	FormArrow:   "application/vnd.apache.arrow.file",
	FormJSON:    "application/json",
	FormXLSX:    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// Media is the form's media type.
func (f Form) Media() string { return media[f] }

// ParseForm reads the name of a form; "" is CSV. It fails with CodeInvalid.
func ParseForm(name string) (Form, error) {
	if name == "" {
		return FormCSV, nil
	}
	if f := Form(name); media[f] != "" {
		return f, nil
	}
	return "", glovebox.Invalid("form", "is not a form of product data").WithFix("name csv, parquet, arrow, json or xlsx")
}

// Table writes a release's rows in one form. CSV, Parquet and JSON are, byte for
// byte, the files of its bundle, whose digests are signed there. It fails with
// CodeInvalid for rows that a form cannot hold as they are, and beyond MaxFile.
func Table(c *release.Content, f Form) (File, error) {
	if err := checkContent(c); err != nil {
		return File{}, err
	}
	out := File{Name: c.ID + "." + string(f)}
	var err error
	switch f {
	case FormCSV:
		out.Data = encodeCSV(c)
	case FormParquet:
		out.Data, err = encodeParquet(c)
	case FormArrow:
		out.Data, err = encodeArrow(c)
	case FormJSON:
		out.Data, _, err = c.Encode()
	case FormXLSX:
		out.Data, err = encodeXLSX(c)
	default:
		_, err = ParseForm(string(f) + "?")
	}
	if err == nil && len(out.Data) > MaxFile {
		err = glovebox.Errorf(glovebox.CodeInvalid, "%s of release %s has %d bytes, more than %d", string(f), c.ID, len(out.Data), MaxFile).WithFix("take it as parquet, or release fewer keys")
	}
	return out, err
}

// arrowStep is how many rows a batch of an Arrow file has.
const arrowStep = 65536

// encodeArrow writes an Arrow IPC file without compression, which every reader of
// Arrow knows: columns as in Parquet, none of them nullable.
func encodeArrow(c *release.Content) ([]byte, error) {
	fields := make([]arrow.Field, len(c.Columns))
	for i, col := range c.Columns {
		fields[i] = arrow.Field{Name: col.Name, Type: arrowType(col.Type)}
	}
	mem := memory.NewGoAllocator()
	schema := arrow.NewSchema(fields, nil)
	var out bytes.Buffer
	w, err := ipc.NewFileWriter(&out, ipc.WithSchema(schema), ipc.WithAllocator(mem))
	if err != nil {
		return nil, wrong("release %s cannot be written as Arrow", c.ID)
	}
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	for from := 0; from < len(c.Rows); from += arrowStep {
		for _, row := range c.Rows[from:min(from+arrowStep, len(c.Rows))] {
			for i, v := range row {
				switch v := v.(type) {
				case string:
					b.Field(i).(*array.StringBuilder).Append(v)
				case int64:
					b.Field(i).(*array.Int64Builder).Append(v)
				case float64:
					b.Field(i).(*array.Float64Builder).Append(v)
				}
			}
		}
		batch := b.NewRecordBatch()
		err := w.Write(batch)
		batch.Release()
		if err != nil {
			return nil, wrong("release %s cannot be written as Arrow", c.ID)
		}
	}
	if err := w.Close(); err != nil {
		return nil, wrong("release %s cannot be written as Arrow", c.ID)
	}
	return out.Bytes(), nil
}
