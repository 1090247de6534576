package desk

import (
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/internal/author/sample"
)

// sampleRows is how many made-up rows a page shows of a dataset.
const sampleRows = 8

// Rows are made-up rows that have the form of a dataset.
type Rows struct {
	Sample  bool        `json:"sample"` // always true: none of it is data
	Columns []string    `json:"columns"`
	Cells   [][]*string `json:"cells"` // null: no value
}

// lookRows makes rows of the record ID, and from nothing else.
func lookRows(q *question) (any, error) {
	doc, err := q.d.Dataset(q, q.look.ID)
	if err != nil {
		return nil, err
	}
	t, err := sample.Generate(q, sample.Plain(&doc.Record), &sample.Options{Units: sampleRows, Rows: sampleRows, Seed: 1})
	if err != nil {
		return nil, err
	}
	out := &Rows{Sample: true, Cells: [][]*string{}}
	for _, c := range t.Record.Columns {
		out.Columns = append(out.Columns, c.Name)
	}
	for _, r := range t.Rows {
		row := make([]*string, len(r))
		for i := range r {
			if !r[i].Null {
				row[i] = &r[i].Text
			}
		}
		out.Cells = append(out.Cells, row)
	}
	return out, nil
}

// Proof shows that an entry is in the log, to whoever may read the entry: what a
// browser checks by itself.
type Proof struct {
	*audit.Proof
	Entry []byte `json:"entry"` // as its leaf has it
	Key   string `json:"key"`   // public key of the domain
}

// lookProof is the proof of the entry of index ID.
func lookProof(q *question) (any, error) {
	if _, err := lookEntry(q); err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(q.look.ID, 10, 53)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "an entry is a number").WithFix("`glovebox audit list` shows them")
	}
	p, e, err := q.d.Proof(q, n)
	if err != nil {
		return nil, err
	}
	return &Proof{p, e, q.d.Info().Key}, nil
}
