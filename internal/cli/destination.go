package cli

import (
	"path/filepath"
	"strings"

	"glovebox"
	"glovebox/exporter/driver"
	"glovebox/exporter/fileexport"
)

// destination is where an export goes, as flags say it.
type destination struct {
	to, endpoint, region, ca string
}

// name is how the record calls the destination: the place, no credentials.
func (o *destination) name() string {
	if strings.HasPrefix(o.to, "s3://") {
		return o.to + " @ " + o.endpoint
	}
	if abs, err := filepath.Abs(o.to); err == nil {
		return abs
	}
	return o.to
}

// open opens the destination.
func (o *destination) open() (driver.Destination, func(), error) {
	if o.to == "" {
		return nil, nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--to", Msg: "no destination given"}).WithFix("name a directory or s3://bucket/prefix")
	}
	d, err := fileexport.Open(o.to)
	if err != nil {
		return nil, nil, err
	}
	return d, func() { _ = d.Close() }, nil // nothing is left to lose: every file is synced
}
