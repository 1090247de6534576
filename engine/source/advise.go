package source

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
	"glovebox.example/glovebox/value"
)

// Bounds of what is looked at to advise.
const (
	adviseRows  = 2000
	adviseBytes = 256 // of a text that is looked at
)

// Advice is a line to add to a record, so that a file loads. It holds names and
// ways of writing of ours, never a value.
type Advice struct {
	Column string // "": under source
	Line   string
}

// Advise reads the start of a file whose rows were rejected and says what the
// record could declare, so that fewer are. reasons are those of the rejects, by
// column ("" for the row as a whole).
func Advise(ctx context.Context, f io.ReaderAt, size int64, def glovebox.Source, cols []glovebox.Column, reasons map[string]map[Reason]int64) []Advice {
	var out []Advice
	if reasons[""][ReasonFields] > 0 && def.Format == "csv" && def.Ragged == "" && shortRows(f, size, def) {
		out = append(out, Advice{"", "`ragged: pad`"})
	}
	if reasons[""][ReasonExtra] > 0 {
		out = append(out, Advice{"", "`extra: ignore`"})
	}
	if def.Format == "csv" && def.Quote == "" && quoteRejects(reasons) {
		if head, err := ReadHead(f, size, def); err == nil && strayQuotes(string(head), def) {
			out = append(out, Advice{"", "`quote: none`"})
		}
	}
	if def.Format == "json" && def.At == "" {
		if head, err := ReadHead(f, size, def); err == nil {
			if lists, alone := listsIn(strings.TrimPrefix(string(head), "\uFEFF")); alone && len(lists) == 1 {
				return []Advice{{"", "`at: " + lists[0] + "`"}}
			}
		}
	}
	if def.Format == "json" {
		out = append(out, adviseNested(f, size, def, cols)...)
	}
	var drop *dropped
	if (def.Format == "csv" || def.Format == "xlsx") && len(def.Drop) == 0 {
		drop = &dropped{}
	}
	look, err := sample(ctx, f, size, def, cols, adviseRows, drop)
	if err != nil {
		return out
	}
	if drop != nil {
		if w := drop.words(); len(w) > 0 {
			out = append(out, Advice{"", "`drop: [" + strings.Join(quoteYAML(w), ", ") + "]`"})
		}
	}
	null := map[string]bool{}
	for i, c := range cols {
		r := reasons[c.Name]
		if len(r) == 0 {
			continue
		}
		texts := look[i].texts
		if c.Format != "" && r[ReasonFormat]+r[ReasonMaxBytes] > 0 || r[ReasonType] > 0 || r[ReasonMaxBytes] > 0 {
			written, left, taken := adviseColumn(c, texts)
			lines := len(out)
			switch {
			case written != nil:
			case c.Type == glovebox.Date: // with a time of day?
				clock := c
				clock.Type, clock.Written = glovebox.DateTime, nil
				w, n := value.Propose(clock, texts, nil)
				mixed := len(w) > 1 && slices.ContainsFunc(w, func(w string) bool { return w == value.Serial || w == value.Unix || w == value.UnixMillis })
				if 2*n >= len(texts) && n > taken && !mixed {
					written = w
					out = append(out, Advice{c.Name, "`type: datetime`"})
				}
			}
			if written != nil {
				out = append(out, Advice{c.Name, "`written: [" + strings.Join(quoteYAML(written), ", ") + "]`"})
			}
			for _, t := range left {
				if slices.Contains(value.NoValues, t) && !slices.Contains(def.Null, t) {
					null[t] = true
				}
			}
			// Nearly nothing is of the type, in any way of writing: it is text,
			// unless it was spoilt.
			if len(out) == lines && c.Type != glovebox.String && r[ReasonType] > 0 && taken == 0 && len(left) > 0 && !slices.ContainsFunc(left, noText) {
				out = append(out, Advice{c.Name, "`type: string`"})
			}
		}
		if r[ReasonNull] > 0 && !c.Nullable && look[i].often(def.Null) {
			out = append(out, Advice{c.Name, "`nullable: true`"})
		}
	}
	if len(null) > 0 && (def.Format == "csv" || def.Format == "xlsx") {
		list := slices.Clone(def.Null)
		for _, t := range value.NoValues {
			if null[t] {
				list = append(list, t)
			}
		}
		out = append(out, Advice{"", fmt.Sprintf("`\"null\": [%s]`", strings.Join(quoteAll(list), ", "))})
	}
	return out
}

// quoteRejects says whether rows were rejected for a quote in the wrong place.
func quoteRejects(reasons map[string]map[Reason]int64) bool { return reasons[""][ReasonQuote] > 0 }

// shortRows says whether rows at the start of a file lack values at their end, or
// have empty ones behind the last.
func shortRows(f io.ReaderAt, size int64, def glovebox.Source) bool {
	head, err := ReadHead(f, size, def)
	if err != nil {
		return false
	}
	text := string(head)
	if def.Encoding == "gb18030" { // no byte of a character is a delimiter there
		text = strings.ToValidUTF8(text, "x")
	}
	list := records(text, def, rune((def.Delimiter + ",")[0]), int64(len(head)) == size)
	width, n := 0, 0
	if len(list) > def.Skip {
		width = len(list[def.Skip])
		list = list[def.Skip+1:]
	}
	for _, r := range list {
		if len(r) < width && 2*len(r) > width || len(r) > width && width > 0 && strings.TrimSpace(strings.Join(r[width:], "")) == "" {
			n++
		}
	}
	return n > 0
}

// adviseNested finds columns that no object has under their names, but an object
// in it has. A path with a digit in it is not told: it may be a value.
func adviseNested(f io.ReaderAt, size int64, def glovebox.Source, cols []glovebox.Column) (out []Advice) {
	t, err := peekJSON(f, size, def, 100)
	if err != nil {
		return nil
	}
	for _, c := range cols {
		found, there := "", false
		for _, p := range t.Columns {
			there = there || p.Name == c.SourceName()
			at := strings.LastIndexByte(p.Name, '/')
			if last := p.Name[at+1:]; at > 0 && (last == c.SourceName() || last == c.Name) && !strings.ContainsAny(p.Name, "0123456789") && len(p.Name) <= 64 {
				if found != "" {
					there = true // two of them: which one is for the provider to say
				}
				found = p.Name
			}
		}
		if found != "" && !there {
			out = append(out, Advice{c.Name, "`source: " + found + "`"})
		}
	}
	return out
}

// sample reads the first rows of a file, whose columns are where the record says
// they are; with drop, it looks for rows that are no data in all of it.
func sample(ctx context.Context, f io.ReaderAt, size int64, def glovebox.Source, cols []glovebox.Column, most int, drop *dropped) ([]looked, error) {
	look := make([]looked, len(cols))
	for i := range look {
		look[i].kinds = map[rows.Kind]int{}
	}
	bare := slices.Clone(cols) // no way of writing can be wrong
	for i := range bare {
		bare[i].Written, bare[i].Type, bare[i].Zone, bare[i].Scale = nil, glovebox.String, "", 0
	}
	pieces, _, err := NewPieces(bare, nil)
	if err != nil {
		return nil, err
	}
	defer pieces.Release()
	seen := 0
	pieces.tap = func(fields []*rows.Field) bool {
		if seen >= most {
			return drop != nil
		}
		for i, f := range fields {
			look[i].kinds[f.Kind]++
			if f.Kind == rows.Text && len(f.Text) <= adviseBytes && utf8.Valid(f.Text) {
				look[i].texts = append(look[i].texts, slices.Clone(f.Text))
			}
		}
		seen++
		return seen < most || drop != nil
	}
	var c Chunk
	switch def.Format {
	case "parquet":
		file, ok := f.(*os.File)
		if !ok {
			return look, nil
		}
		t, err := peekParquet(file, size, def, most)
		if err != nil {
			return nil, err
		}
		for i, c := range cols {
			for _, p := range t.Columns {
				if same(p.Name, c.SourceName()) {
					for _, text := range p.Texts[:min(len(p.Texts), most)] {
						look[i].texts = append(look[i].texts, []byte(text))
					}
				}
			}
		}
	case "csv", "json":
		w, err := OpenWindow(f, size, def)
		if err != nil {
			return nil, err
		}
		var cut Splitter
		if def.Format == "json" {
			cut, err = NewJSON(w, def, bare, pieces)
		} else {
			var s *csvSplitter
			s, err = NewCSV(w, def, bare, pieces, func(header []string, width int) (Layout, error) {
				switch {
				case width < 0:
					return NoLayout(bare), nil
				case header == nil:
					return LocatePlaces(width, def, bare)
				}
				if drop != nil && len(header) > 0 && slices.ContainsFunc(cols, func(c glovebox.Column) bool { return same(header[0], c.SourceName()) }) {
					drop.names = slices.Clone(header)
					drop.names[0] = CleanName(header[0])
				}
				return Locate(header, def, bare)
			})
			if cut = s; drop != nil && err == nil {
				s.watch = func(first string, filled int) { drop.see(first, filled, s.fields) }
			}
		}
		if err != nil {
			return nil, err
		}
		for more := true; more && (seen < most || drop != nil); {
			c.Reset()
			if more, err = cut.Fill(&c); err != nil {
				return nil, err
			}
		}
	case "xlsx", "arrow", "sqlite":
		r, err := OpenTable(ctx, f, size, def)
		if err != nil {
			return nil, err
		}
		t, err := newTable(r, size, def, bare, pieces)
		if err != nil {
			return nil, err
		}
		defer t.r.Close()
		if drop != nil {
			t.watch = func(first string, filled int) { drop.see(first, filled, len(cols)) }
		}
		for more := true; more && (seen < most || drop != nil); {
			c.Reset()
			if _, more, err = t.Fill(&c); err != nil {
				return nil, err
			}
		}
	}
	return look, nil
}
