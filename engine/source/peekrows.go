package source

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
)

// peekSheet finds the header of a sheet.
func peekSheet(ctx context.Context, f *os.File, size int64, def glovebox.Source, most int) (*PeekedTable, error) {
	def.Merged = "fill"
	r, err := OpenTable(ctx, f, size, def)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	def.Merged = ""
	var first [][]string
	var kept []rows.Row
	for len(first) < 20 {
		row, err := r.Next()
		if err != nil {
			return nil, err
		}
		if row == nil {
			break
		}
		line := make([]string, len(row.Fields))
		fields := slices.Clone(row.Fields)
		for i := range fields {
			fields[i].Text = bytes.Clone(fields[i].Text)
			switch fields[i].Kind {
			case rows.Missing:
			case rows.Text:
				line[i] = string(fields[i].Text)
			default:
				line[i] = "0" // a value that is no word
			}
		}
		first, kept = append(first, line), append(kept, rows.Row{Fields: fields})
	}
	if len(first) == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the table holds nothing").WithFix("export it again; a sheet holds at least its header")
	}
	skip, named := headerOf(first)
	def.Skip = skip
	var names []string
	width := r.Width()
	if named {
		names = first[skip]
		for width > 1 && strings.TrimSpace(names[width-1]) == "" {
			width--
		}
		names, kept = names[:width], kept[skip+1:]
	} else {
		def.Header, kept = "none", kept[skip:]
	}
	return collect(def, names, width, most, func() (*rows.Row, error) {
		if len(kept) > 0 {
			row := kept[0]
			kept = kept[1:]
			return &row, nil
		}
		return r.Next()
	})
}

// peekJSON finds the fields of objects, nested ones by pointers.
func peekJSON(f io.ReaderAt, size int64, def glovebox.Source, most int) (*PeekedTable, error) {
	w, err := OpenWindow(f, size, def)
	if err != nil {
		return nil, err
	}
	t := &PeekedTable{Source: def}
	at := map[string]int{}
	s, err := NewJSON(w, def, nil, nil)
	if err != nil {
		return nil, err
	}
	var c Chunk
	for more := true; more && t.Rows < most; {
		c.Reset()
		if more, err = s.Fill(&c); err != nil {
			return nil, err
		}
		for _, line := range bytes.Split(bytes.TrimSuffix(c.Data, []byte("\n")), []byte("\n")) {
			if len(line) == 0 || t.Rows == most || len(at) > MaxColumns {
				continue
			}
			d := json.NewDecoder(bytes.NewReader(line))
			d.UseNumber()
			var o map[string]any
			if d.Decode(&o) != nil {
				continue
			}
			t.Rows++
			t.object(o, "", at)
		}
	}
	return t, nil
}

// object takes in the fields of an object in the order of their names.
func (t *PeekedTable) object(o map[string]any, path string, at map[string]int) {
	var names []string
	for n := range o {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		full := path + "/" + pointer.Replace(n)
		if inner, ok := o[n].(map[string]any); ok && strings.Count(path, "/") < 8 {
			t.object(inner, full, at)
			continue
		}
		name := full
		if path == "" && !strings.HasPrefix(n, "/") {
			name = n
		}
		i, known := at[name]
		if !known {
			if len(t.Columns) == MaxColumns {
				continue
			}
			i = len(t.Columns)
			at[name] = i
			t.Columns = append(t.Columns, Peeked{Name: name})
		}
		switch v := o[n].(type) {
		case nil:
		case string:
			if len(v) <= adviseBytes {
				t.Columns[i].Texts = append(t.Columns[i].Texts, v)
			} else {
				t.Columns[i].Typed++
			}
		case json.Number:
			t.Columns[i].Texts = append(t.Columns[i].Texts, v.String())
		case bool:
			t.Columns[i].Texts = append(t.Columns[i].Texts, map[bool]string{true: "true", false: "false"}[v])
		default:
			t.Columns[i].Typed++
		}
	}
}
