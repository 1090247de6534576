package crew

import (
	"os"

	"glovebox.example/glovebox"
)

// Aside is the engine.Spill of Load: one file, open twice. The loader gets
// the descriptor to read; what it sends is appended here.
type Aside struct{ Append, Read *os.File }

// Write appends sealed bytes.
func (a *Aside) Write(p []byte) (int, error) {
	n, err := a.Append.Write(p)
	if err != nil {
		return n, glovebox.Errorf(glovebox.CodeInternal, "rows cannot be put aside").Because(err).
			WithFix("make room where the domain lies and run the same command again")
	}
	return n, nil
}

// ReadAt reads what was appended.
func (a *Aside) ReadAt(p []byte, at int64) (int, error) { return a.Read.ReadAt(p, at) }

// Close frees the file.
func (a *Aside) Close() {
	_ = a.Append.Close() // nobody reads it again
	_ = a.Read.Close()
}
