// Command image packs a folder into an OCI image layout, and checks one.
//
// It promises that the same folder and time give the same bytes, that files
// belong to root and none is set-user-ID, and that nobody needs rights or a
// daemon to build. check follows the index to the last blob, holds each to its
// size and digest, and refuses blobs that nothing names. The image has one
// layer and one platform, and is not signed.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// run does what the first argument says: write or check.
func run(args []string) error {
	if len(args) == 0 {
		return errors.New("image write|check")
	}
	set := flag.NewFlagSet(args[0], flag.ContinueOnError)
	from := set.String("from", "", "write: the folder to pack")
	layout := set.String("layout", "", "the image layout")
	version := set.String("version", "", "write: the program's version")
	arch := set.String("arch", "", "write: the processor, as Go names it")
	at := set.Int64("time", 0, "write: seconds since 1970, the time of every file")
	unpack := set.String("unpack", "", "check: unpack the layer into this folder")
	if err := set.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "write":
		return write(*from, *layout, meta{Version: *version, Arch: *arch, Time: time.Unix(*at, 0).UTC()})
	case "check":
		return check(*layout, *unpack)
	}
	return fmt.Errorf("there is no %q: image write|check", args[0])
}
