package source

import (
	"io"
	"os"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/value"
)

// peekParquet reads the columns that a record can have; the others are left out.
func peekParquet(f *os.File, size int64, def glovebox.Source, most int) (t *PeekedTable, err error) {
	defer damageOnPanic(&err)
	if err := refuseParquet(f, size); err != nil {
		return nil, err
	}
	r, err := file.NewParquetReader(io.NewSectionReader(f, 0, size))
	if err != nil {
		return nil, damagedParquet("its footer cannot be read")
	}
	defer r.Close()
	t = &PeekedTable{Source: def}
	root := r.MetaData().Schema.Root()
	var cols []glovebox.Column
	types := map[parquetClass]glovebox.Type{classText: glovebox.String, classInt: glovebox.Int64, classUint: glovebox.Int64, classFloat: glovebox.Float64, classDecimal: glovebox.Decimal,
		classBool: glovebox.Bool, classDate: glovebox.Date, classTime: glovebox.DateTime, classInstant: glovebox.DateTime}
	for i := range min(root.NumFields(), MaxColumns) {
		leaf, ok := root.Field(i).(*schema.PrimitiveNode)
		if !ok {
			t.Source.Extra = "ignore"
			continue
		}
		class, unit := classOf(leaf)
		typ, ok := types[class]
		if !ok {
			t.Source.Extra = "ignore"
			continue
		}
		c := glovebox.Column{Name: "c", Source: leaf.Name(), Type: typ, MaxBytes: MaxTextBytes}
		if typ == glovebox.Decimal {
			c.Scale = min(unit.scale, 18)
		}
		cols = append(cols, c)
		p := Peeked{Name: leaf.Name(), Type: typ, Scale: c.Scale}
		if typ == glovebox.String || typ == glovebox.Int64 {
			p.Type = ""
		}
		t.Columns = append(t.Columns, p)
	}
	if len(cols) == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the Parquet file has no column that a record can declare").WithFix("export each field of it as a column of its own")
	}
	all := def
	all.Extra = "ignore"
	p, _, err := OpenParquetReader(f, size, all, cols)
	if err != nil {
		return nil, err
	}
	clock := make([]bool, len(cols)) // a time of day is in it
	var c Chunk
	for more := true; more && t.Rows < most && t.Rows*len(cols) < peekCells; {
		c.Reset()
		var piece *array.Struct
		if piece, more, err = p.Fill(&c); err != nil {
			return nil, err
		}
		t.Rows += len(c.Rows)
		if piece == nil {
			continue
		}
		at := 0
		for i := range cols {
			if p.cols[i].as == readNull {
				continue
			}
			a := piece.Field(at)
			at++
			for k := range a.Len() {
				switch {
				case a.IsNull(k):
				case cols[i].Type == glovebox.DateTime:
					t.Columns[i].Typed++
					v, err := strconv.ParseInt(a.ValueStr(k), 10, 64)
					clock[i] = clock[i] || err != nil || v%value.DayMicros != 0
				case t.Columns[i].Type == "" && len(t.Columns[i].Texts) < most:
					t.Columns[i].Texts = append(t.Columns[i].Texts, a.ValueStr(k))
				default:
					t.Columns[i].Typed++
				}
			}
		}
		piece.Release()
	}
	for i, c := range cols {
		if c.Type == glovebox.DateTime && !clock[i] && p.cols[i].kind == classTime {
			t.Columns[i].Type = glovebox.Date
		}
	}
	return t, nil
}
