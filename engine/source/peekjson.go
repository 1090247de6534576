package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"glovebox.example/glovebox"
)

// peekDocument finds the rows in a JSON file, whose start is head: lists of a
// document, or a list or objects one after another.
func peekDocument(f *os.File, size int64, def glovebox.Source, head string, most int) (*PeekedTable, error) {
	lists, alone := listsIn(head)
	if alone && len(lists) > 1 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file is one JSON document with %d lists of objects", len(lists)).
			WithFix("add `at: PATH` under source, with the names of the fields that lead to the list, such as /data/rows")
	}
	if alone && len(lists) == 1 {
		def.At = lists[0]
	}
	t, err := peekJSON(f, size, def, most)
	if err != nil {
		return nil, err
	}
	rows := !slices.ContainsFunc(t.Columns, func(c Peeked) bool { return len(c.Texts) > 0 || c.Typed == 0 })
	switch {
	case t.Rows == 0 && size > 2:
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "no row of the JSON file is an object that has each name once").
			WithFix("export each row as an object, one a line or in a list")
	case alone && def.At == "" && t.Rows == 1 && (rows || keyed(head)):
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file is one JSON object, and no list of rows").
			WithFix("export each row as an object, one a line or in a list")
	}
	// What is a list in each row is left out: no column can hold it.
	t.Columns = slices.DeleteFunc(t.Columns, func(c Peeked) bool {
		if len(c.Texts) == 0 && c.Typed > 0 {
			t.Source.Extra = "ignore"
			return true
		}
		return false
	})
	return t, nil
}

// listsIn are the lists of objects in a document that is one object, as far as
// its start shows them, and whether it is one.
func listsIn(head string) (lists []string, alone bool) {
	d := json.NewDecoder(strings.NewReader(head))
	if tok, err := d.Token(); err != nil || tok != json.Delim('{') {
		return nil, false
	}
	err := walk(d, "", 1, &lists)
	if err == nil {
		_, err = d.Token()
		return lists, errors.Is(err, io.EOF)
	}
	first, _, more := strings.Cut(strings.TrimSpace(head), "\n")
	return lists, !more || !json.Valid([]byte(first))
}

// walk goes through an object and notes the lists of objects in it.
func walk(d *json.Decoder, path string, depth int, lists *[]string) error {
	for d.More() {
		tok, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := tok.(string)
		at := path + "/" + pointer.Replace(name)
		if tok, err = d.Token(); err != nil {
			return err
		}
		switch tok {
		case json.Delim('{'):
			if err := walk(d, at, depth+1, lists); err != nil {
				return err
			}
		case json.Delim('['):
			if err := listAt(d, at, depth, lists); err != nil {
				return err
			}
		}
	}
	_, err := d.Token()
	return err
}

// listAt goes through a list, which counts if it begins with an object.
func listAt(d *json.Decoder, at string, depth int, lists *[]string) error {
	for open, first := 1, true; open > 0; first = false {
		tok, err := d.Token()
		if err != nil {
			return err
		}
		if first && tok == json.Delim('{') && depth <= maxAt && name(at) {
			*lists = append(*lists, at)
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			open++
		case json.Delim('}'), json.Delim(']'):
			open--
		}
	}
	return nil
}

// name says whether a path can be told: one with a digit may be a value.
func name(at string) bool { return !strings.ContainsAny(at, "0123456789") && len(at) <= 64 }

// keyed says whether an object has objects of one form in it, by a key each.
func keyed(head string) bool {
	var o map[string]map[string]any
	return json.Unmarshal([]byte(head), &o) == nil && len(o) > 1
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
		from := 0
		for _, to := range c.Ends {
			line := c.Data[from:to]
			from = to
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
