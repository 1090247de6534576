// Package act is the form of what a person signs: acts, the envelopes that
// carry them, the keys that check them and the keys of people that make them.
// docs/formats/act.md is the format.
//
// # What is promised
//
// An act has one encoding: Decode and DecodeEnvelope accept only the bytes that
// Encode makes, so two different texts never stand for one act and a member that
// nobody looked at cannot ride along. (Key).Verify returns the act of an
// envelope only if this very key signed these very bytes under its own scheme,
// and a passkey only if its person was there and proved it (user presence and
// verification), on the page and for the site that the key was made for. A Key
// that Check accepts has a point of its curve that is not of low order.
//
// # What is not promised
//
// The package knows no domain, no person and no clock. Whether the key was valid
// at that time, whose it is, whether the nonce is fresh, whether the act is one
// that its person may do, and whether the state is still that: its callers ask.
// ES256 and SM2 signatures can be changed into another valid one of the same act
// by anybody (r, n-s); only the nonce makes an act count once.
//
// Everything that is decoded here comes from strangers: sizes are checked before
// anything is read, and errors name fields and never quote a value.
package act
