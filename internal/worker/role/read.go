package role

import (
	"context"
	"encoding/json"
	"errors"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/engine/filter"
	"glovebox.example/glovebox/engine/source/find"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/work"
)

// FilterSpec is a row filter to check.
type FilterSpec struct {
	Where   string            `json:"where"`
	Columns []glovebox.Column `json:"columns"`
}

// TableSpec is a public table to read.
type TableSpec struct {
	Columns []engine.ReferenceColumn `json:"columns"`
}

// Checked is the document of a Checked frame.
type Checked struct {
	SQL     string   `json:"sql"`
	Columns []string `json:"columns"`
}

// LookSpec is a file to look at.
type LookSpec struct {
	Hint glovebox.Source `json:"hint"`
}

// read is the reader: it parses what developers write, a filter or a table at
// a time, until the supervisor is gone. It sees no data, but for a process of its
// own that looks at a provider's file and at nothing else.
func read(in *jail.Inside) error {
	scratch, err := sealLoading(in)
	if err != nil {
		return err
	}
	for {
		m, err := in.Receive()
		if err != nil {
			return err
		}
		switch {
		case m.Kind == MessageFilter && len(m.Files) == 1:
			err = readFilter(in, m)
		case m.Kind == MessageTable && len(m.Files) == 2:
			err = readTable(in, m, &engine.ReferenceOptions{Scratch: scratch})
		case m.Kind == MessageLook && len(m.Files) == 2:
			err = readLook(in, m)
		default:
			err = errMessage
		}
		m.Close()
		if err != nil {
			return err
		}
	}
}

// Table is the document of a Table frame: per column the value of each row as
// text, null where there is none. Arrow's own form would be read by code that
// does not promise to survive hostile bytes.
type Table struct {
	Columns [][]*string `json:"columns"`
}

func readFilter(in *jail.Inside, m *jail.Message) error {
	var spec FilterSpec
	if err := readSpec(in, m, &spec); err != nil {
		return err
	}
	f, err := filter.Check(context.Background(), spec.Where, spec.Columns)
	if err != nil {
		return send(in, FrameRefused, refused(err), MaxRefused)
	}
	return send(in, FrameChecked, Checked{f.SQL, f.Columns}, MaxChecked)
}

func readTable(in *jail.Inside, m *jail.Message, o *engine.ReferenceOptions) error {
	var spec TableSpec
	if err := readSpec(in, m, &spec); err != nil {
		return err
	}
	batch, err := engine.ReadReference(context.Background(), m.Files[1], spec.Columns, o)
	if err != nil {
		return send(in, FrameRefused, refused(err), MaxRefused)
	}
	defer batch.Release()
	t := Table{Columns: make([][]*string, batch.NumCols())}
	for i, col := range batch.Columns() {
		t.Columns[i] = make([]*string, col.Len())
		for row := range col.Len() {
			if col.IsValid(row) {
				text := col.ValueStr(row)
				t.Columns[i][row] = &text
			}
		}
	}
	return send(in, FrameTable, t, MaxTable)
}

func readSpec(in *jail.Inside, m *jail.Message, spec any) error {
	raw, err := readSealed(m.Files[0], work.MaxSpec)
	if err == nil {
		err = json.Unmarshal(raw, spec)
	}
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	return nil
}

func readLook(in *jail.Inside, m *jail.Message) error {
	var spec LookSpec
	if err := readSpec(in, m, &spec); err != nil {
		return err
	}
	st, err := m.Files[1].Stat()
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	seen, err := find.Look(context.Background(), m.Files[1], st.Size(), spec.Hint)
	if err != nil {
		return send(in, FrameRefused, refused(err), MaxRefused)
	}
	return send(in, FrameLooked, seen, MaxLooked)
}
