// Command glovebox-verify checks bundles, logs and reports of a domain on any
// machine. It is built without cgo and without the reader of Parquet (make
// verifiers), so that it is small, static and the same bytes wherever it is
// built. It maps the result of internal/evidence/outside to an exit status and
// does nothing else.
package main

import (
	"cmp"
	"os"

	"glovebox.example/glovebox/internal/evidence/outside"
)

func main() {
	locale := cmp.Or(os.Getenv("GLOVEBOX_LANG"), os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG"))
	os.Exit(outside.Main(os.Args[1:], outside.LangOf(locale), os.Stdout, os.Stderr))
}
