package duck

import (
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"time"

	"glovebox.example/glovebox"
)

// Types is the one table from declared to DuckDB types.
var Types = map[glovebox.Type]string{
	glovebox.String:  "VARCHAR",
	glovebox.Int32:   "INTEGER",
	glovebox.Int64:   "BIGINT",
	glovebox.Float64: "DOUBLE",
	glovebox.Bool:    "BOOLEAN",
	glovebox.Date:    "DATE",
	glovebox.Token:   "BLOB",
}

var dateText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`) })

// IsDate says whether s is a day of the calendar, years 0001 to 9999.
func IsDate(s string) bool {
	if !dateText().MatchString(s) || s[:4] == "0000" {
		return false
	}
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// Float writes a finite number so that DuckDB reads a DOUBLE.
func Float(f float64) string { return strconv.FormatFloat(f, 'e', -1, 64) }

// Typed casts a raw value to a declared type; what does not fit becomes
// NULL. DuckDB's own casts from text are generous (1.5 is the integer 2, 1_000
// is 1000), so the text must also look like a value of the type: digits with an
// optional sign; a finite decimal number; YYYY-MM-DD; and, as DuckDB has it in
// any case, true/false, t/f, yes/no, y/n, 1/0. Spaces around it do not
// count. Zero has no sign: -0.0 and 0.0 would be two keys and two texts.
func Typed(r string, t glovebox.Type, typed bool) string {
	duck := Types[t]
	if typed {
		cast := fmt.Sprintf("TRY_CAST(%s AS %s)", r, duck)
		switch t {
		case glovebox.Float64:
			return fmt.Sprintf("CASE WHEN %s = 0 THEN 0e0 WHEN isfinite(%s) THEN %s END", cast, cast, cast)
		case glovebox.Date:
			return fmt.Sprintf("CASE WHEN isfinite(%s) THEN %s END", cast, cast)
		}
		return cast
	}
	x := "trim(" + r + ")"
	cast := fmt.Sprintf("TRY_CAST(%s AS %s)", x, duck)
	switch t {
	case glovebox.Int32, glovebox.Int64:
		return fmt.Sprintf("CASE WHEN CAST(%s AS VARCHAR) = %s OR regexp_full_match(%s, '[+-]?[0-9]{1,40}') THEN %s END", cast, x, x, cast)
	case glovebox.Float64:
		return fmt.Sprintf("CASE WHEN contains(%s, '_') THEN NULL WHEN %s = 0 THEN 0e0 WHEN isfinite(%s) THEN %s END", x, cast, cast, cast)
	case glovebox.Date:
		return fmt.Sprintf("CASE WHEN strlen(%s) = 10 AND CAST(%s AS VARCHAR) = %s THEN %s END", x, cast, x, cast)
	case glovebox.Bool:
		return cast
	}
	return r
}
