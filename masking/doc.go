// Package masking transforms Arrow batches before anybody untrusted, or a row
// filter, sees them. Which mask a column gets is decided elsewhere, by policy
// obligations; this package carries the decision out.
//
// Kinds and what they make of a column (nulls stay null):
//
//	kind        column                   becomes
//	none        any                      itself
//	token       string, int32, int64,    fixed_size_binary(16): a keyed PRF of
//	            token                    the unit and the value under the job's
//	                                     key; if shared, of the value under the
//	                                     scenario's
//	fpe         string                   utf8: another text of the same form, by
//	                                     FF1 under a key as a token's, the unit's
//	                                     token as its tweak; null where the text
//	                                     is not of the form or has fewer than a
//	                                     million others like it
//	redact      string                   utf8: the first and last characters
//	                                     kept, three stars between; with a form,
//	                                     zeros between and a check character that
//	                                     is right or deliberately wrong, null
//	                                     where the text is not of the form
//	generalise  int32, int64, float64    itself: down to a multiple of a step
//	            date                     itself: first day of year, quarter, month
//	            string                   utf8: the label of its group; in no group
//	                                     the label for others, or null
//	clip        int32, int64, float64,   itself, not below the one bound nor above
//	            date                     the other
//	constant    string                   utf8: one text
//	suppress    any                      itself, all null
//
// What it promises: a column that has no mask is an error, never passed on by
// omission. The column _unit alone is passed on untouched. A masked column is
// built in fresh memory that holds nothing of the original but what its mask
// keeps: not under nulls, not outside a slice, not in spare capacity, not in
// metadata. A redacted text does not show how long the original was (only that
// it was no longer than what would have been kept, where it is stars alone). An
// error names columns and types, never values.
//
// What it does not promise: that a mask makes anybody anonymous. Within a
// unit, in all datasets of a job, equal values of one kind have equal tokens, so
// that a module can join them and count how many there are. In another unit or
// another job they have others: no bit of a token is a function of the value
// alone, whatever a module makes of it. A shared token is a pseudonym: the same
// in all units and jobs of a scenario, and its bits can leave through any figure
// that many units share. Redacted and generalised values say
// what they say. What leaves the box is protected by package privacy, not by
// masks.
package masking
