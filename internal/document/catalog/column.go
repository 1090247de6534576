package catalog

import (
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
	"glovebox.example/glovebox/value"
)

// formatBytes is the length of the formats that have a fixed one.
var formatBytes = map[string]int{"cn-resident-id": 18, "cn-mobile": 11, "cn-uscc": 18}

// identifierTypes are the types that have one canonical text to make a token
// of.
var identifierTypes = []glovebox.Type{glovebox.String, glovebox.Int32, glovebox.Int64}

// checkWritten checks the ways in which a column's values are written.
func checkWritten(c *checker, col *glovebox.Column, p record.Path) {
	if col.Type != glovebox.Decimal {
		c.absent(p.With("scale"), "is for type decimal only")
	}
	if col.Type != glovebox.DateTime {
		c.absent(p.With("zone"), "is for type datetime only")
	}
	one := *col
	for i, w := range col.Written {
		one.Written = []string{w}
		if _, err := value.Compile(one); err != nil {
			c.refused(p.With("written", i), err)
			return
		}
	}
	if _, err := value.Compile(*col); err != nil {
		c.refused(p.With("written"), err)
	}
}

func checkColumn(c *checker, col *glovebox.Column, p record.Path) {
	c.reserved(col.Name, p.With("name"))
	checkWritten(c, col, p)
	checkBounds(c, col, p)
	if col.Type == glovebox.String {
		if col.MaxBytes == 0 {
			col.MaxBytes = glovebox.DefaultMaxBytes
		}
		for i, v := range col.Values {
			c.name(v, p.With("values", i))
			if len(v) > col.MaxBytes {
				c.Add(p.With("values", i), "shorten it or raise `max_bytes`", "is longer than max_bytes, which is %d", col.MaxBytes)
			}
		}
		if n := formatBytes[col.Format]; n > col.MaxBytes {
			c.Add(p.With("max_bytes"), "raise it", "format %s needs %d bytes", col.Format, n)
		}
	} else {
		for _, f := range []string{"max_bytes", "values", "format"} {
			c.absent(p.With(f), "is for type string only")
		}
	}
	if col.Class != glovebox.ClassIdentifier {
		c.absent(p.With("keep"), "is for columns of class identifier only")
		return
	}
	if !slices.Contains(identifierTypes, col.Type) {
		c.Add(p.With("type"), "make it a string, int32 or int64, or choose another class", "an identifier cannot be of type %s", col.Type)
	}
	c.absent(p.With("values"), "would publish identifiers: a record is public")
}
