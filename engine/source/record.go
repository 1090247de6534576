package source

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/internal/duck"
	"glovebox.example/glovebox/engine/source/unpack"
	"glovebox.example/glovebox/value"
)

// Bounds on a record.
const (
	MaxColumns   = 512     // of one dataset
	MaxValues    = 10_000  // in one column's list of values
	MaxTextBytes = 4096    // largest max_bytes
	MaxUnitRows  = 100_000 // largest unit.max_rows
)

// maxSourceName is the length of a column's name in a file, in bytes.
const maxSourceName = 512

// RowColumn is the name of the row number in sealed parts.
const RowColumn = "_row"

var (
	ColumnName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`) })
	intBound   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?[0-9]{1,18}$`) })
)

// Invalid makes the error of a field of a dataset record.
func Invalid(field, format string, a ...any) *glovebox.Error {
	e := glovebox.Errorf(glovebox.CodeInvalid, format, a...)
	e.Field = field
	return e
}

// CheckRecord makes sure of everything that the SQL and the parts rely on. It
// is not the schema check of a record file: a caller does that first, with
// positions.
func CheckRecord(ds *glovebox.Dataset) error {
	if len(ds.Columns) == 0 || len(ds.Columns) > MaxColumns {
		return Invalid("columns", "a dataset has 1 to %d columns", MaxColumns)
	}
	names, sources := map[string]bool{column.UnitColumn: true, RowColumn: true}, map[string]bool{}
	for i, c := range ds.Columns {
		at := fmt.Sprintf("columns[%d]", i)
		if !ColumnName().MatchString(c.Name) {
			return Invalid(at+".name", "a column name is a letter or _ and then letters, digits and _, at most 63")
		}
		if l := strings.ToLower(c.Name); names[l] {
			return Invalid(at+".name", "the name %s is taken or reserved", c.Name).
				WithFix("names that differ in case only are the same name")
		} else {
			names[l] = true
		}
		src := strings.ToLower(c.SourceName())
		if c.Place > 0 { // told apart by its number
			src = fmt.Sprintf("%d %s", c.Place, src)
		}
		if sources[src] || len(src) > maxSourceName || strings.ContainsFunc(src, unicode.IsControl) || !utf8.ValidString(src) {
			return Invalid(at+".source", "the name in the file is taken, longer than %d bytes, or holds control characters", maxSourceName)
		}
		sources[src] = true
		if err := checkColumn(at, c); err != nil {
			return err
		}
	}
	if err := checkSource(ds.Source); err != nil {
		return err
	}
	u, ok := ds.Column(ds.Unit.Column)
	if !ok {
		return Invalid("unit.column", "no column has this name")
	}
	if u.Class != glovebox.ClassIdentifier || u.Nullable {
		return Invalid("unit.column", "the unit column is of class identifier and not nullable")
	}
	if ds.Unit.Space == "" {
		return Invalid("unit.space", "the id space has no name")
	}
	if ds.Unit.MaxRows < 1 || ds.Unit.MaxRows > MaxUnitRows {
		return Invalid("unit.max_rows", "a unit has 1 to %d rows", MaxUnitRows)
	}
	for i, o := range ds.OtherUnits {
		c, ok := ds.Column(o.Column)
		if !ok || c.Class != glovebox.ClassIdentifier || c.Nullable || o.Space == "" || o.MaxRows < 1 || o.MaxRows > MaxUnitRows {
			return Invalid(fmt.Sprintf("other_units[%d]", i), "a unit column is of class identifier and not nullable, with a space and 1 to %d rows", MaxUnitRows)
		}
	}
	for i, k := range ds.Key {
		if _, ok := ds.Column(k); !ok || slices.Contains(ds.Key[:i], k) {
			return Invalid(fmt.Sprintf("key[%d]", i), "not the name of a column, or named twice")
		}
	}
	for i, c := range ds.Columns {
		if c.PerUnit && (len(ds.OtherUnits) > 0 || c.Class == glovebox.ClassIdentifier) {
			return Invalid(fmt.Sprintf("columns[%d].per_unit", i), "is for columns that are no identifiers, of datasets with one unit column")
		}
	}
	if !(ds.MaxRejects >= 0 && ds.MaxRejects <= 1) {
		return Invalid("max_rejects", "a share lies in [0, 1]")
	}
	return nil
}

func checkColumn(at string, c glovebox.Column) error {
	_, ok := duck.Types[c.Type.Plain()]
	if !ok || c.Type == glovebox.Token {
		return Invalid(at+".type", "the type is string, int32, int64, float64, bool, date, datetime or decimal")
	}
	if c.Scale < 0 || c.Scale > value.MaxScale || c.Scale > 0 && c.Type != glovebox.Decimal {
		return Invalid(at+".scale", "a decimal has a scale of 0 to %d", value.MaxScale)
	}
	if _, err := value.Compile(c); err != nil {
		return Invalid(at+".written", "%s", err)
	}
	isText := c.Type == glovebox.String
	id := c.Class == glovebox.ClassIdentifier
	switch {
	case id && !isText && c.Type != glovebox.Int32 && c.Type != glovebox.Int64:
		return Invalid(at+".type", "an identifier is a string or an integer")
	case c.Keep && !id:
		return Invalid(at+".keep", "only an identifier has an original to keep")
	case c.MaxBytes < 0 || c.MaxBytes > MaxTextBytes:
		return Invalid(at+".max_bytes", "a text has at most %d bytes", MaxTextBytes)
	case !isText && (c.MaxBytes != 0 || len(c.Values) != 0 || c.Format != ""):
		return Invalid(at, "max_bytes, values and format are for strings")
	case len(c.Values) > MaxValues:
		return Invalid(at+".values", "at most %d values", MaxValues)
	case c.Format != "" && Formats[c.Format] == nil:
		return Invalid(at+".format", "unknown format").
			WithFix("the formats are cn-resident-id, cn-mobile, cn-name and cn-uscc")
	}
	for i, v := range c.Values {
		if strings.ContainsRune(v, 0) {
			return Invalid(fmt.Sprintf("%s.values[%d]", at, i), "a value holds a NUL")
		}
	}
	if _, err := boundSQL(c, c.Min); err != nil {
		return Invalid(at+".min", "%s", err)
	}
	if _, err := boundSQL(c, c.Max); err != nil {
		return Invalid(at+".max", "%s", err)
	}
	return nil
}

// formatNames are the formats of a source.
var formatNames = []string{"csv", "json", "parquet", "arrow", "xlsx", "sqlite"}

func checkSource(s glovebox.Source) error {
	csv, text, sheet := s.Format == "csv", s.Format == "csv" || s.Format == "json", s.Format == "csv" || s.Format == "xlsx"
	switch {
	case !slices.Contains(formatNames, s.Format):
		return Invalid("source.format", "the format is one of %s", strings.Join(formatNames, ", "))
	case !slices.Contains([]string{"", "utf-8", "gb18030", "utf-16", "utf-16le", "utf-16be"}, s.Encoding):
		return Invalid("source.encoding", "the encoding is utf-8, gb18030, utf-16, utf-16le or utf-16be")
	case !slices.Contains([]string{"", unpack.Gzip, unpack.Zstd, unpack.Zip}, s.Compression):
		return Invalid("source.compression", "the compression is gzip, zstd or zip")
	case !csv && (s.Encoding != "" && s.Encoding != "utf-8" || s.Delimiter != "" || s.Ragged != "" || s.Quote != ""):
		return Invalid("source", "encoding, delimiter, quote and ragged are for csv")
	case !sheet && (len(s.Null) > 0 || s.Header != "" || s.Skip != 0 || len(s.Drop) > 0):
		return Invalid("source", "null, header, skip and drop are for csv and xlsx")
	case s.Format != "json" && s.At != "":
		return Invalid("source.at", "at is for json")
	case s.At != "" && (s.At[0] != '/' || len(s.At) > 200 || strings.Count(s.At, "/") > maxAt):
		return Invalid("source.at", "at is a JSON pointer of at most %d steps, such as /data/rows", maxAt)
	case len(s.Drop) > 32 || slices.ContainsFunc(s.Drop, func(d string) bool { return d == "" || len(d) > 256 }):
		return Invalid("source.drop", "drop lists at most 32 texts, none of them empty")
	case !text && s.Compression != "":
		return Invalid("source.compression", "compression is for csv and json")
	case s.Header != "" && s.Header != "none", s.Ragged != "" && s.Ragged != "pad", s.Extra != "" && s.Extra != "ignore", s.Merged != "" && s.Merged != "fill", s.Quote != "" && s.Quote != "none" && s.Quote != "single", s.Skip < 0 || s.Skip > 1000:
		return Invalid("source", "header is none, ragged pad, extra ignore, merged fill, quote none or single, skip 0 to 1000")
	case s.Format == "sqlite" && s.Table == "":
		return Invalid("source.table", "format sqlite needs a table")
	case s.Delimiter != "" && (len(s.Delimiter) != 1 || s.Delimiter[0] >= 0x80 || s.Delimiter[0] < 0x20 && s.Delimiter != "\t" || s.Delimiter == `"`):
		return Invalid("source.delimiter", "the delimiter is one ASCII character, not a quote").
			WithFix(`write "\t" for a tab`)
	case s.Delimiter != "" && s.Delimiter == "'" && s.Quote == "single":
		return Invalid("source.delimiter", "the delimiter is the quote")
	case len(s.Null) > 100:
		return Invalid("source.null", "at most 100 texts that mean no value")
	}
	for i, n := range s.Null {
		if len(n) > MaxTextBytes || strings.ContainsRune(n, 0) {
			return Invalid(fmt.Sprintf("source.null[%d]", i), "too long, or holds a NUL")
		}
	}
	return nil
}

// boundSQL turns a bound into an SQL constant; "" means none.
func boundSQL(c glovebox.Column, b glovebox.Bound) (string, error) {
	s := string(b)
	if s == "" {
		return "", nil
	}
	switch c.Type {
	case glovebox.DateTime, glovebox.Decimal:
		n, ok := value.Bound(c, b)
		if !ok {
			return "", fmt.Errorf("the bound is no value of the column's type")
		}
		return "CAST(" + strconv.FormatInt(n, 10) + " AS BIGINT)", nil
	case glovebox.Int32, glovebox.Int64:
		if !intBound().MatchString(s) {
			return "", fmt.Errorf("the bound of an integer is an integer of at most 18 digits")
		}
		return "CAST(" + s + " AS BIGINT)", nil
	case glovebox.Float64:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return "", fmt.Errorf("the bound is not a finite number")
		}
		return duck.Float(f), nil
	case glovebox.Date:
		if !duck.IsDate(s) {
			return "", fmt.Errorf("the bound of a date is a date, YYYY-MM-DD")
		}
		return "DATE " + duck.QuoteText(s), nil
	}
	return "", fmt.Errorf("only numbers and dates have bounds")
}

// MaxBytes is how many bytes a text of a column has at most.
func MaxBytes(c glovebox.Column) int {
	if c.MaxBytes == 0 {
		return glovebox.DefaultMaxBytes
	}
	return c.MaxBytes
}
