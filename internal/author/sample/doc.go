// Package sample makes rows that have the form of a dataset, from its record
// alone: types, bounds, value lists, formats with their check digits, missing
// values, keys and quality rules. The same sample units occur in all datasets
// of a unit space, so that sample tables join as real ones do.
//
// It promises that nothing but the record and the options has a part in what
// it makes: it opens no file, knows no vault and no domain, and costs no
// privacy budget. A model among the options was paid for when it was made.
// Equal records, options and seeds give equal tables, byte for byte, on every
// machine. A table loads without a rejected row, or Generate says how many rows
// of it could not be made to fit the record's own rules.
//
// It does not promise that sample rows resemble real ones: without a model,
// values are spread over what the record allows, columns are independent of one
// another but for a few plain connections (a resident number holds the date of birth and the
// sex that other columns have), identifiers beside the unit's are drawn among
// the sample units, and a figure computed from them means nothing.
// Resident numbers and credit codes begin with a region that no place has, so
// that none of them is anybody's.
package sample
