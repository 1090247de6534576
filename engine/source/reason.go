package source

// Reason says why a row was rejected. The texts are a contract.
type Reason string

// The reasons. The first seven are about a row's structure and leave the others
// unasked; of the others, columns are checked in the record's order, then
// formats, rules and the key. A row is rejected for the first that is met.
const (
	ReasonEncoding  Reason = "encoding"  // bytes that are not text in the declared encoding, a NUL, a bare carriage return
	ReasonQuote     Reason = "quote"     // csv: a quote in the wrong place or never closed
	ReasonFields    Reason = "fields"    // csv: too few or too many fields
	ReasonLong      Reason = "long"      // the row has more than MaxRowBytes
	ReasonObject    Reason = "object"    // json: not an object, or not json
	ReasonTwice     Reason = "twice"     // json: an object that names a field twice
	ReasonExtra     Reason = "extra"     // json: a field that the record does not declare
	ReasonNull      Reason = "null"      // no value where one is needed
	ReasonType      Reason = "type"      // not a value of the declared type
	ReasonRounded   Reason = "rounded"   // a long number that a spreadsheet program rounded, such as 4.2E+17
	ReasonMaxBytes  Reason = "max_bytes" // a text longer than max_bytes
	ReasonValue     Reason = "value"     // not in the list of values
	ReasonBounds    Reason = "bounds"    // below min or above max
	ReasonFormat    Reason = "format"    // not in the declared format, such as a wrong check digit
	ReasonQuality   Reason = "quality"   // a quality rule says no
	ReasonDuplicate Reason = "duplicate" // a row with this key was accepted before
)
