package report

import (
	"context"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/evidence"
)

// Departed answers what left the domain in a period, product by product, and
// where the public disclosure of that period says so.
type Departed struct {
	// Order is what the disclosure is made by, Digest of its bytes: a file that
	// was published is held to it.
	Order    Order     `json:"order"`
	Digest   string    `json:"digest"`
	Products []Product `json:"products"`
}

// Product is a product of which something left.
type Product struct {
	Scenario     string        `json:"scenario"`
	Product      string        `json:"product"`
	Title        glovebox.Text `json:"title"`
	Registration string        `json:"registration,omitempty"`
	Copies       []Copy        `json:"copies"`
	Said         Said          `json:"said"` // where the disclosure says it
}

// Copy is one copy that left.
type Copy struct {
	Entry   uint64  `json:"entry"`
	Time    string  `json:"time"`
	Release string  `json:"release"`
	Actor   string  `json:"actor"`
	Org     string  `json:"org,omitempty"`
	To      string  `json:"to"`
	Again   bool    `json:"again"` // the same bytes went to another place
	Grant   *uint64 `json:"grant,omitempty"`
}

// Said is a line of the disclosure.
type Said struct {
	Table  string   `json:"table"` // its heading
	Line   int      `json:"line"`  // from 1
	Cells  []string `json:"cells"`
	Copies int      `json:"copies"` // that the line counts
	// Agrees: the line counts as many copies as the log has.
	Agrees bool `json:"agrees"`
}

// Left answers what left in the period of an order of the disclosure, as far as a
// scope goes. With no entries ordered it takes all that are before the end.
func Left(ctx context.Context, src evidence.Source, o Order, scope evidence.Scope) (*Departed, error) {
	o.Kind = "disclosure"
	o.Scope = evidence.Scope{All: true}
	kind, loc, err := o.check()
	if err != nil {
		return nil, err
	}
	b, err := read(ctx, src, &o, loc)
	if err != nil {
		return nil, err
	}
	var tables []table
	for _, fill := range kind.tables {
		tables = append(tables, fill(b))
	}
	data, err := render(&o, kind, b, tables)
	if err != nil {
		return nil, err
	}
	out := &Departed{Order: o, Digest: glovebox.Digest(data), Products: []Product{}}
	said := used(b)
	for i, p := range b.listings() { // a row of the table for each, in order
		x, all := Product{Scenario: p.scenario, Product: p.Code, Title: p.Title, Registration: p.Registration, Copies: []Copy{}}, 0
		for j := range b.events {
			e := &b.events[j]
			if !left(e) || e.Scenario != p.scenario || e.Product != p.Code {
				continue
			}
			all++
			if sees, err := b.fold.Sees(scope, &e.Facts); err != nil {
				return nil, err
			} else if sees {
				x.Copies = append(x.Copies, Copy{e.Index, e.Time, e.Subject, e.Actor, e.Org, e.to, e.Action == "release.export_again", e.Grant})
			}
		}
		if len(x.Copies) == 0 {
			continue
		}
		row := said.rows[i]
		n, err := strconv.Atoi(row[3])
		if err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "the disclosure counts no copies").Because(err)
		}
		x.Said = Said{b.text(said.title), i + 1, row, n, n == all}
		out.Products = append(out.Products, x)
	}
	return out, nil
}

// IsPublished says whether data is, byte for byte, what d was answered about.
func (d *Departed) IsPublished(data []byte) bool { return glovebox.Digest(data) == d.Digest }

// PublishedOrder reads what a published disclosure was made by.
func PublishedOrder(data []byte) (*Order, error) {
	o, err := OrderOf(data)
	if err != nil {
		return nil, err
	}
	if o.Kind != "disclosure" {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file is a report of another kind than the public disclosure").WithFix("`glovebox report make disclosure` makes one")
	}
	return o, nil
}
