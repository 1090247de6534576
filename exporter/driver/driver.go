// Package driver is what a destination of exports implements: two raw
// operations. Package exporter holds the checks, the order and the retries;
// package drivertest is the suite that every destination passes.
//
// # What a destination promises
//
// Put stores all of a file or nothing, never over another, and only if the
// bytes have the digest that was announced. It says nothing about who may read
// what is stored: that is the destination's configuration.
package driver

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
)

// MaxName is the longest name of a file in bytes.
const MaxName = 512

// Errors that a destination returns, wrapped or not.
var (
	// ErrExist: something already has the name. Nothing was changed.
	ErrExist = errors.New("already exists")
	// ErrNotExist: nothing has the name.
	ErrNotExist = errors.New("does not exist")
	// ErrSum: the bytes do not have the digest that came with them. Nothing
	// was stored.
	ErrSum = errors.New("the bytes do not have their SHA-256")
	// ErrName: the name is not one that CheckName lets through.
	ErrName = errors.New("not a usable name")
)

// Info is what a destination knows of a stored file.
type Info struct {
	Size   int64
	SHA256 [sha256.Size]byte
}

// Destination is a place for files. Its methods may be called at the same
// time. An error's text may name files and codes, never their content, and
// never a credential.
type Destination interface {
	// Put stores body under name if nothing is there. Of many Puts of one name
	// at the same time at most one succeeds and one stores; the others return
	// ErrExist. A Put that returned another error may have stored the file all
	// the same, and one whose answer was lost may return ErrExist for its own:
	// Stat tells whose bytes are there.
	Put(ctx context.Context, name string, body []byte, sum [sha256.Size]byte) error
	// Stat returns what is stored under name, or ErrNotExist.
	Stat(ctx context.Context, name string) (Info, error)
}

// Transient marks an error that may go away if the same is tried again.
func Transient(err error) error {
	if err == nil {
		return nil
	}
	return transient{err}
}

// IsTransient says whether an error is marked so.
func IsTransient(err error) bool {
	_, ok := errors.AsType[transient](err)
	return ok
}

type transient struct{ error }

func (t transient) Unwrap() error { return t.error }

// CheckName lets names through that mean the same everywhere: segments of
// a-z, A-Z, 0-9, ".", "_" and "-" that do not start with a dot, with single
// slashes between them. Others get ErrName.
func CheckName(name string) error {
	if name == "" || len(name) > MaxName {
		return ErrName
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' || len(part) > 200 {
			return ErrName
		}
		for _, c := range []byte(part) {
			switch {
			case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
			default:
				return ErrName
			}
		}
	}
	return nil
}

// CheckPut is what every Put starts with: the context, the name, the digest.
func CheckPut(ctx context.Context, name string, body []byte, sum [sha256.Size]byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := CheckName(name); err != nil {
		return err
	}
	if sha256.Sum256(body) != sum {
		return ErrSum
	}
	return nil
}
