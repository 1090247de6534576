package catalog

import (
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

func TestDatasetDefaults(t *testing.T) {
	doc := edit(t, docExamples(t, KindDataset)[0], "  encoding: gb18030\n  \"null\": [\"\", \"NULL\"]\n", "", ", max_bytes: 16", "")
	d, err := ParseDataset("d", doc)
	if err != nil {
		t.Fatal(err)
	}
	if s := d.Source; s.Encoding != "utf-8" || s.Delimiter != "," || len(s.Null) != 1 || s.Null[0] != "" {
		t.Errorf("source is %+v", s)
	}
	if c, _ := d.Column("household"); c.MaxBytes != glovebox.DefaultMaxBytes {
		t.Errorf("max_bytes is %d", c.MaxBytes)
	}
	if c, _ := d.Column("moved_in"); c.MaxBytes != 0 || c.Min != "1950-01-01" || c.Max != "2026-12-31" {
		t.Errorf("moved_in is %+v", c)
	}
	if c, _ := d.Column("birth_year"); c.Min != "1900" || c.Source != "出生年份" || c.SourceName() != "出生年份" {
		t.Errorf("birth_year is %+v", c)
	}
	if c, _ := d.Column("township"); c.Source != "" || c.SourceName() != "township" {
		t.Errorf("township is %+v", c)
	}
}

func TestDatasetChecks(t *testing.T) {
	doc := docExamples(t, KindDataset)[0]
	const household, year = "{name: household, type: string, class: personal, grade: 3, max_bytes: 16}", "type: int32, class: personal, grade: 2, min: 1900, max: 2026"
	for name, c := range map[string]struct {
		edits []string
		want  []string
	}{
		"unit column missing": {[]string{"column: id_card", "column: id_crad"},
			[]string{"d:11:11: unit.column: names no column of `population` (did you mean `id_card`?)"}},
		"unit column of another class": {[]string{"column: id_card", "column: township"},
			[]string{"d:11:11: unit.column: the unit column is not of class identifier (give the column `class: identifier`, or name the column that identifies the unit)"}},
		"unit column nullable": {[]string{"class: identifier ", "nullable: true\n    class: identifier "},
			[]string{"d:11:11: unit.column: the unit column may have no missing value (remove `nullable` from the column)",
				"d:17:7: key[0]: a column of the key may have no missing value (remove it from the key, or `nullable` from the column)"}},
		"key column missing, everything else too": {[]string{"key: [id_card, household]", "key: [id_card, nothing]", "kind: pure", "kind: zcdp", household, "{name: Township, type: string, class: personal, grade: 3, keep: true}"},
			[]string{
				"d:14:3: ledger: a ledger of kind zcdp needs rho (add the total that the dataset may lose in all)",
				"d:15:3: ledger.epsilon: a ledger of kind zcdp has no epsilon (remove it)",
				"d:17:16: key[1]: names no column of `population` (columns of the record: `id_card`, `Township`, `township`, `birth_year`, `moved_in`)",
				"d:26:63: columns[1].keep: is for columns of class identifier only (remove it)",
				"d:27:11: columns[2].name: column `township` is the name of entry 2 already; case does not count (rename one of the two)"}},
		"other units": {[]string{"ledger:\n", "other_units:\n  - {space: person, column: id_card, max_rows: 2, count: {epsilon: 99}}\n  - {space: home, column: household, max_rows: 2, count: {rho: 1}}\nledger:\n"},
			[]string{
				"d:14:29: other_units[0].column: is a unit column already (name each unit column once)",
				"d:14:68: other_units[0].count.epsilon: is above the total of the ledger (lower it)",
				"d:15:27: other_units[1].column: the unit column is not of class identifier (give the column `class: identifier`, or name the column that identifies the unit)",
				"d:15:59: other_units[1].count.rho: the ledger of this dataset is of kind pure (remove it)"}},
		"other unit not in the key": {[]string{"ledger:\n", "other_units:\n  - {space: home, column: household, max_rows: 2}\nledger:\n", household, "{name: household, type: string, class: identifier, grade: 3, max_bytes: 16}", "[id_card, household]", "[id_card]"},
			[]string{"d:19:6: key: lacks the unit column `household` (add the unit column to the key)"}},
		"reserved name": {[]string{household, "{name: _unit, type: string, class: personal, grade: 3}", ", household]", "]"},
			[]string{"d:26:12: columns[1].name: names that start with _ are reserved (start it with a letter)"}},
		"names in the file": {[]string{household, "{name: household, type: string, class: personal, grade: 3, max_bytes: 16, source: Township}", "source: 出生年份", "source: Moved", "max: 2026-12-31}", "max: 2026-12-31, source: moved}"},
			[]string{
				"d:27:11: columns[2].name: is the name in the file of entry 2 already; case does not count (read each column of the file once)",
				"d:34:119: columns[4].source: is the name in the file of entry 4 already; case does not count (read each column of the file once)"}},
		"names exchanged": {[]string{household, "{name: household, type: string, class: personal, grade: 3, max_bytes: 16, source: birth_year}", "source: 出生年份", "source: household"}, nil},
		"name of a text":  {[]string{"source: 出生年份", "source: 2024"}, []string{"d:33:94: columns[3].source: is a number, not a text (put it in quotes: a text is wanted)"}},
		"key without the unit": {[]string{"key: [id_card, household]", "key: [household]"},
			[]string{"d:17:6: key: lacks the unit column `id_card` (add the unit column to the key)"}},
		"bounds swapped": {[]string{"min: 1900, max: 2026", "min: 2026, max: 1900"},
			[]string{"d:33:80: columns[3].max: is below min (swap the two)"}},
		"dates swapped": {[]string{"min: 1950-01-01, max: 2026-12-31", "min: 2026-12-31, max: 1950-01-01"},
			[]string{"d:34:99: columns[4].max: is below min (swap the two)"}},
		"bound of another type": {[]string{"min: 1900, max: 2026", "min: 1900.5, max: 2147483648"},
			[]string{"d:33:69: columns[3].min: is no bound of type int32 (write a whole number from -2147483648 to 2147483647)",
				"d:33:82: columns[3].max: is no bound of type int32 (write a whole number from -2147483648 to 2147483647)"}},
		"no such day": {[]string{"min: 1950-01-01", "min: 1950-02-30"},
			[]string{"d:34:82: columns[4].min: is no bound of type date (write a date that exists, YYYY-MM-DD)"}},
		"year for a date": {[]string{"min: 1950-01-01", "min: 1950"},
			[]string{"d:34:82: columns[4].min: is no bound of type date (write a date that exists, YYYY-MM-DD)"}},
		"bounds of a text": {[]string{"grade: 3, max_bytes: 16", "grade: 3, min: 1"},
			[]string{"d:26:64: columns[1].min: is for numbers and dates only (remove it)"}},
		"text fields of a number": {[]string{year, "type: int64, class: personal, grade: 2, max_bytes: 4, values: [a], format: cn-name"},
			[]string{"d:33:64: columns[3].max_bytes: is for type string only (remove it)",
				"d:33:78: columns[3].values: is for type string only (remove it)",
				"d:33:91: columns[3].format: is for type string only (remove it)"}},
		"values too long": {[]string{"max_bytes: 16", "max_bytes: 5, values: [ab, 一二]"},
			[]string{"d:26:91: columns[1].values[1]: is longer than max_bytes, which is 5 (shorten it or raise `max_bytes`)"}},
		"format too long": {[]string{"max_bytes: 18", "max_bytes: 17"},
			[]string{"d:25:16: columns[0].max_bytes: format cn-resident-id needs 18 bytes (raise it)"}},
		"identifier of another type": {[]string{year, "type: float64, class: identifier, grade: 2"},
			[]string{"d:33:30: columns[3].type: an identifier cannot be of type float64 (make it a string, int32 or int64, or choose another class)"}},
		"identifiers made public": {[]string{"max_bytes: 18", "values: [x]"},
			[]string{"d:25:5: columns[0].values: would publish identifiers: a record is public (remove it)"}},
		"csv fields of parquet": {[]string{"format: csv", "format: parquet"},
			[]string{"d:7:3: source.encoding: is for format csv only (remove it)", "d:8:3: source.null: is for formats csv and xlsx only (remove it)"}},
		"rule twice": {[]string{"quality:\n", "quality:\n  - {name: moved-after-birth, check: \"true\"}\n"},
			[]string{"d:37:11: quality[1].name: rule `moved-after-birth` is the name of entry 1 already; case does not count (rename one of the two)"}},
		"form": {[]string{"update: month", "update: monthly", "max_rows: 4", "max_rows: 0", "\ncolumns:", "\ncolums: []\ncolumns:", "delta: 1e-5", "delta: 0.5", "max_rejects: 0.01", "max_rejects: 1.5", "grade: 3", "grade: 5"},
			[]string{
				"d:4:9: update: is none of the values allowed (write one of `realtime`, `day`, `week`, `month`, `quarter`, `year`, `irregular`; did you mean `month`?)",
				"d:12:13: unit.max_rows: is too small (write a whole number, at least 1 and at most 100000)",
				"d:16:10: ledger.delta: is too large (write a number, at least 0 and at most 0.01)",
				"d:18:1: colums: unknown field `colums` (did you mean `columns`?)",
				"d:27:61: columns[1].grade: is too large (write a whole number, at least 1 and at most 4)",
				"d:40:14: max_rejects: is too large (write a number, at least 0 and at most 1)"}},
	} {
		_, err := ParseDataset("d", edit(t, doc, c.edits...))
		problems(t, name, err, c.want...)
	}
}

// TestDatasetBounds tries both sides of every limit that the root package
// documents.
func TestDatasetBounds(t *testing.T) {
	doc := docExamples(t, KindDataset)[0]
	long := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = 'a'
		}
		return string(b)
	}
	for _, c := range []struct {
		old, good, bad string
	}{
		{"code: population", "code: " + long(63), "code: " + long(64)},
		{"code: population", "code: a_-9", "code: 9a"},
		{"max_rows: 4", "max_rows: 100000", "max_rows: 100001"},
		{"epsilon: 20", "epsilon: 1000", "epsilon: 1000.1"},
		{"epsilon: 20", "epsilon: 1e-9", "epsilon: 0"},
		{"delta: 1e-5", "delta: 0.01", "delta: 0.0101"},
		{"delta: 1e-5", "delta: 0", "delta: -1e-9"},
		{"max_rejects: 0.01", "max_rejects: 1", "max_rejects: -0.1"},
		{"max_bytes: 16", "max_bytes: 4096", "max_bytes: 4097"},
		{"max_bytes: 16", "max_bytes: 1", "max_bytes: 0"},
		{"{name: birth_year, type: int32, class: personal, grade: 2", "{name: birth_year, type: int32, class: personal, grade: 4", "{name: birth_year, type: int32, class: personal, grade: 0"},
		{"name: birth_year,", "name: " + long(63) + ",", "name: " + long(64) + ","},
		{"name: birth_year,", "name: A0,", "name: 出生年份,"},
		{"  encoding: gb18030", "  delimiter: \"\\t\"", "  delimiter: a"},
		{"  encoding: gb18030", "  delimiter: \"|\"", "  delimiter: \"||\""},
		{"type: int32, class: personal, grade: 2, min: 1900, max: 2026", "type: float64, class: personal, grade: 2, min: -1e-3, max: 1e300", "type: float64, class: personal, grade: 2, min: nan, max: 1"},
		{"type: int32, class: personal, grade: 2, min: 1900, max: 2026", "type: int64, class: personal, grade: 2, min: -999999999999999999, max: 999999999999999999", "type: int64, class: personal, grade: 2, min: -1000000000000000000"},
		{"source: 出生年份", "source: " + strings.Repeat("年", 128), "source: " + strings.Repeat("年", 129)},
		{"source: 出生年份", "source: Birth year (CE)", "source: \"\""},
		{"source: 出生年份", "source: \" \"", "source: \"a\\tb\""},
		{"title: {en: Township, zh: 乡镇街道}", "title: {zh: 乡镇街道}", "title: {}"},
		{"title: {en: Township, zh: 乡镇街道}", "title: {zh: a}", "title: {zh: \"\\e[31m\"}"},
		{"title: {en: Township, zh: 乡镇街道}", "title: {zh: b}", "title: {zh: \"\\u202eb\"}"},
	} {
		if _, err := ParseDataset("d", edit(t, doc, c.old, c.good)); err != nil {
			t.Errorf("%q is refused: %v", c.good, err)
		}
		if _, err := ParseDataset("d", edit(t, doc, c.old, c.bad)); err == nil {
			t.Errorf("%q is accepted", c.bad)
		}
	}
}
