package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"golang.org/x/text/encoding/simplifiedchinese"
)

const date = "2006-01-02"

// create writes a file through fn and reports the first error of all.
func create(path string, fn func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(f)
	return errors.Join(fn(b), b.Flush(), f.Close())
}

func writeCSV(w io.Writer, head []string, people []person, row func(*person) []string) error {
	c := csv.NewWriter(w)
	if err := c.Write(head); err != nil {
		return err
	}
	for i := range people {
		if r := row(&people[i]); r != nil {
			if err := c.Write(r); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

// writePopulation: household registration, UTF-8 CSV, one row per resident.
func writePopulation(path string, people []person) error {
	return create(path, func(w io.Writer) error {
		return writeCSV(w, []string{"resident_id", "name", "mobile", "sex", "birth_date", "township"}, people, func(p *person) []string {
			return []string{p.id, p.name, p.mobile, p.sex, p.birth.Format(date), p.township}
		})
	})
}

// writeElderly: base record of the elderly, CSV as Excel saves it in GB18030.
func writeElderly(path string, people []person) error {
	return create(path, func(w io.Writer) error {
		g := simplifiedchinese.GB18030.NewEncoder().Writer(w)
		return writeCSV(g, []string{"resident_id", "lives_alone", "care_level"}, people, func(p *person) []string {
			if !p.elderly {
				return nil
			}
			return []string{p.id, strconv.FormatBool(p.livesAlone), strconv.Itoa(p.careLevel)}
		})
	})
}

// writeDisability: disability register, GB18030 CSV.
func writeDisability(path string, people []person) error {
	return create(path, func(w io.Writer) error {
		g := simplifiedchinese.GB18030.NewEncoder().Writer(w)
		return writeCSV(g, []string{"resident_id", "kind", "grade"}, people, func(p *person) []string {
			if p.disabilityGrade == 0 {
				return nil
			}
			return []string{p.id, p.disability, strconv.Itoa(p.disabilityGrade)}
		})
	})
}

// writeHealth: personal health record, JSON lines.
func writeHealth(path string, people []person) error {
	return create(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		for i := range people {
			p := &people[i]
			if p.chronic == 0 && i%3 > 0 {
				continue // no record
			}
			if err := e.Encode(map[string]any{"resident_id": p.id, "chronic": p.chronic, "last_check": p.checked.Format(date)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeSettlements: medical insurance settlements, Parquet, many rows each.
func writeSettlements(path string, people []person) error {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "resident_id", Type: arrow.BinaryTypes.String}, {Name: "settled_on", Type: arrow.FixedWidthTypes.Date32},
		{Name: "kind", Type: arrow.BinaryTypes.String}, {Name: "amount", Type: arrow.PrimitiveTypes.Float64},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range people {
		for _, v := range people[i].visits {
			b.Field(0).(*array.StringBuilder).Append(people[i].id)
			b.Field(1).(*array.Date32Builder).Append(arrow.Date32FromTime(v.on))
			b.Field(2).(*array.StringBuilder).Append(v.kind)
			b.Field(3).(*array.Float64Builder).Append(v.amount)
		}
	}
	rec := b.NewRecordBatch()
	defer rec.Release()
	return create(path, func(w io.Writer) error {
		f, err := pqarrow.NewFileWriter(schema, w, parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd)), pqarrow.DefaultWriterProps())
		if err != nil {
			return err
		}
		return errors.Join(f.Write(rec), f.Close())
	})
}
