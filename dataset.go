package glovebox

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Type is the declared type of a column. The Arrow type is in the comment.
type Type string

const (
	String  Type = "string"  // utf8
	Int32   Type = "int32"   // int32
	Int64   Type = "int64"   // int64
	Float64 Type = "float64" // float64, finite
	Bool    Type = "bool"    // bool
	Date    Type = "date"    // date32, days since 1970-01-01
	Token   Type = "token"   // fixed_size_binary(16); what an identifier is inside the vault

	// DateTime is int64: microseconds since 1970-01-01 00:00:00 on the clock of
	// the column's zone.
	DateTime Type = "datetime"
	// Decimal is int64: the number times ten to the column's scale.
	Decimal Type = "decimal"
)

// Class says what kind of secret a column is (数据分类).
type Class string

const (
	ClassPublic     Class = "public"
	ClassPersonal   Class = "personal"     // personal information
	ClassSensitive  Class = "sensitive"    // sensitive personal information
	ClassBusiness   Class = "business"     // business secret
	ClassIdentifier Class = "identifier"   // names a person or an enterprise directly
	ClassWork       Class = "work_secret"  // 工作秘密
	ClassState      Class = "state_secret" // 国家秘密: never usable
)

// Dataset is a catalogue record: what a provider promises about one table.
// Everything in it is public to the users of the domain; nothing in it may be
// read off the data.
type Dataset struct {
	Code     string `json:"code"` // [a-z][a-z0-9_-]{0,62}
	Title    Text   `json:"title"`
	Provider string `json:"provider"` // organisation that answers for the data
	Update   string `json:"update"`   // realtime, day, week, month, quarter, year, irregular
	Source   Source `json:"source"`
	Unit     Unit   `json:"unit"`
	// OtherUnits are further columns that name a unit each, at most 3: the
	// second person of a marriage record, the enterprise of an employment. A
	// snapshot holds the rows sorted by each of them.
	OtherUnits []Unit    `json:"other_units,omitempty"`
	Ledger     LedgerDef `json:"ledger"`
	Key        []string  `json:"key,omitempty"` // columns that together are unique; empty: none
	// Period is the column that says which period a row belongs to, such as the
	// year of a settlement; "": none. Jobs name periods, and each period has what
	// the ledger holds for itself: what is promised is promised to a unit in a
	// period. Of datasets with one unit column.
	Period  string    `json:"period,omitempty"`
	Columns []Column  `json:"columns"`
	Quality []Quality `json:"quality,omitempty"`
	// MaxRejects is the share of rows, in [0, 1], that a load may reject
	// before it fails as a whole. Zero: one rejected row fails the load.
	MaxRejects float64 `json:"max_rejects,omitempty"`
}

// Source says how to read a provider's file.
type Source struct {
	Format      string   `json:"format"`                // csv, json (array or lines), parquet, arrow, xlsx, sqlite, postgres, mysql
	Encoding    string   `json:"encoding,omitempty"`    // utf-8 (default), gb18030, utf-16, utf-16le or utf-16be; csv only
	Delimiter   string   `json:"delimiter,omitempty"`   // one ASCII character; default ","; csv only
	Null        []string `json:"null,omitempty"`        // texts that mean "no value"; default [""]; csv and xlsx
	Compression string   `json:"compression,omitempty"` // gzip, zstd or zip; csv and json
	Entry       string   `json:"entry,omitempty"`       // file in a zip archive; default: the only one
	Header      string   `json:"header,omitempty"`      // none: no line names the columns; csv and xlsx
	Skip        int      `json:"skip,omitempty"`        // rows above the header, or above the data; csv and xlsx; 0..1000
	Ragged      string   `json:"ragged,omitempty"`      // pad: short rows lack their last values; csv
	Extra       string   `json:"extra,omitempty"`       // ignore: what the record does not declare is left out
	Sheet       string   `json:"sheet,omitempty"`       // xlsx; default: the only one
	Quote       string   `json:"quote,omitempty"`       // single: ' stands around texts; none: nothing does; default: "; csv
	Drop        []string `json:"drop,omitempty"`        // rows whose first value begins so are no data: sums, notes below a table; csv and xlsx
	At          string   `json:"at,omitempty"`          // JSON pointer of the list of rows in a document; json
	Merged      string   `json:"merged,omitempty"`      // fill: a merged cell's value is that of every cell in it; xlsx
	Object      string   `json:"object,omitempty"`      // key of the object in a bucket of an S3 server
	Table       string   `json:"table,omitempty"`       // sqlite, postgres, mysql: [schema.]table or view
}

// Unit names whom a release over the dataset protects.
type Unit struct {
	Space   string `json:"space"`    // id space, such as "person"; shared by datasets that can be used together
	Column  string `json:"column"`   // column of class identifier, not null
	MaxRows int    `json:"max_rows"` // rows of one unit that a job sees at most; 1..100000
	// Count says how users may know how many units a snapshot has; nil: they
	// may not.
	Count *UnitCount `json:"count,omitempty"`
}

// UnitCount is what a provider lets users know of the number of units: exactly
// one of its fields is set.
type UnitCount struct {
	Public bool `json:"public,omitempty"` // the exact number is public knowledge
	// Epsilon and Rho buy the number with noise, from the dataset's ledger, once
	// for each snapshot; epsilon for a ledger of kind pure, rho for kind zcdp.
	Epsilon float64 `json:"epsilon,omitempty"`
	Rho     float64 `json:"rho,omitempty"`
}

// Price is what the number of units costs, in a ledger of the kind; rounded up.
func (c *UnitCount) Price(kind LedgerKind) (Amount, error) {
	if c == nil || c.Public {
		return Amount{}, nil
	}
	loss := c.Epsilon
	if kind == LedgerZCDP {
		loss = c.Rho
	}
	n, err := CeilLoss(loss)
	return Amount{Loss: n}, err
}

// LedgerDef fixes, when a dataset is registered, how its privacy loss is
// counted and how much of it there is in all.
type LedgerDef struct {
	Kind    LedgerKind `json:"kind"`
	Epsilon float64    `json:"epsilon,omitempty"` // total, kind pure; (0, 1000]
	Rho     float64    `json:"rho,omitempty"`     // total, kind zcdp; (0, 1000]
	Delta   float64    `json:"delta,omitempty"`   // total; [0, 0.01]
}

// Column is one column of a dataset record.
type Column struct {
	Name string `json:"name"` // [A-Za-z_][A-Za-z0-9_]{0,62}
	// Source is the column's name in the provider's file, such as a Chinese
	// header: 1..128 characters, no control characters. Default: Name.
	// In JSON, a source that begins with / is a pointer to a nested field (RFC
	// 6901).
	Source string `json:"source,omitempty"`
	// Place is the column's number in the file, from 1: for files without a
	// header and for headers that name two columns alike. Default: found by name.
	Place int  `json:"place,omitempty"`
	Title Text `json:"title,omitzero"`
	Type  Type `json:"type"`
	// Written are the ways in which the file writes the values: see package
	// value. Default: that of the type.
	Written  []string `json:"written,omitempty"`
	Scale    int      `json:"scale,omitempty"` // decimal: digits behind the point, 0..18
	Zone     string   `json:"zone,omitempty"`  // datetime: +08:00 (default) or another; the clock that values are on
	Class    Class    `json:"class"`
	Grade    int      `json:"grade"`               // 1 (lowest) to 4 (highest), 数据分级
	Nullable bool     `json:"nullable,omitempty"`  // default: a missing value rejects the row
	Min      Bound    `json:"min,omitempty"`       // inclusive; numbers and dates
	Max      Bound    `json:"max,omitempty"`       // inclusive; numbers and dates
	MaxBytes int      `json:"max_bytes,omitempty"` // string; UTF-8 bytes; default 64; at most 4096
	Values   []string `json:"values,omitempty"`    // string: the only values allowed
	Format   string   `json:"format,omitempty"`    // string: cn-resident-id, cn-mobile, cn-name, cn-uscc
	// Keep asks that the original of an identifier stays, in sealed parts of
	// its own, so that masks other than a token can be made from it.
	Keep bool `json:"keep,omitempty"`
	// PerUnit promises that all rows of one unit have the same value, or none; a
	// load holds the file to it. Jobs that filter on values of the column are paid
	// by units with these values alone. Of datasets with one unit column.
	PerUnit bool `json:"per_unit,omitempty"`
}

// DefaultMaxBytes is the width of a string column that declares none.
const DefaultMaxBytes = 64

// Quality is a rule that every row must meet.
type Quality struct {
	Name  string `json:"name"`
	Check string `json:"check"` // scalar boolean expression over the row; NULL passes
	Text  Text   `json:"text,omitzero"`
}

// Units lists the unit columns, the one that jobs are about by default first.
func (d *Dataset) Units() []Unit { return append([]Unit{d.Unit}, d.OtherUnits...) }

// About returns the record as a job about the given unit column sees it, with
// that column's unit as Unit and the rest as OtherUnits, and the column's place
// in Units. "" is the default. False: the record has no such unit column.
func (d *Dataset) About(column string) (Dataset, int, bool) {
	out := *d
	out.OtherUnits = nil
	place := -1
	for i, u := range d.Units() {
		if place < 0 && (u.Column == column || column == "") {
			out.Unit, place = u, i
		} else {
			out.OtherUnits = append(out.OtherUnits, u)
		}
	}
	return out, place, place >= 0
}

// Column returns the column of that name.
func (d *Dataset) Column(name string) (Column, bool) {
	for _, c := range d.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}

// SourceName is the column's name in the provider's file.
func (c Column) SourceName() string {
	if c.Source != "" {
		return c.Source
	}
	return c.Name
}

// StoredType is the type a column has inside the vault: identifiers are
// tokens there, whatever they were outside, datetimes and decimals int64.
func (c Column) StoredType() Type {
	if c.Class == ClassIdentifier {
		return Token
	}
	return c.Type.Plain()
}

// Plain is the type of the numbers that stand for values of type t: int64 for
// datetimes and decimals, t itself for the others.
func (t Type) Plain() Type {
	if t == DateTime || t == Decimal {
		return Int64
	}
	return t
}

// DefaultZone is the clock of a datetime that declares none: Beijing time.
const DefaultZone = "+08:00"

// Clock is the zone of a datetime column, as +08:00.
func (c Column) Clock() string {
	if c.Zone != "" {
		return c.Zone
	}
	return DefaultZone
}

// Bound is a number or a date (YYYY-MM-DD) kept as the author wrote it; ""
// means no bound. In JSON and YAML it may be a number or a string.
type Bound string

// UnmarshalJSON takes a JSON number or string.
func (b *Bound) UnmarshalJSON(p []byte) error {
	s := strings.TrimSpace(string(p))
	if strings.HasPrefix(s, `"`) {
		var v string
		if err := json.Unmarshal(p, &v); err != nil {
			return err
		}
		*b = Bound(v)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(p, &n); err != nil {
		return fmt.Errorf("a bound is a number or a date")
	}
	*b = Bound(n)
	return nil
}
