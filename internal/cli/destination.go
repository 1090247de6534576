package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/driver"
	"glovebox.example/glovebox/exporter/fileexport"
	"glovebox.example/glovebox/exporter/s3export"
	"glovebox.example/glovebox/internal/desk"
)

// destination is where an export goes, as flags say it.
type destination struct {
	to, endpoint, region, ca string
	retain                   time.Duration
}

const s3Scheme = "s3://"

// silence is for tests: how long a server may say nothing; zero: what s3export
// takes.
var silence time.Duration

// params are the destination as an act names it.
func (o *destination) params() desk.Destination {
	return desk.Destination{To: o.to, Endpoint: o.endpoint, Region: o.region, CA: o.ca, Retain: int64(o.retain / time.Second)}
}

// openDestination opens what an act names.
func openDestination(p desk.Destination) (string, driver.Destination, func(), error) {
	o := destination{to: p.To, endpoint: p.Endpoint, region: p.Region, ca: p.CA, retain: time.Duration(p.Retain) * time.Second}
	d, closed, err := o.open()
	return o.name(), d, closed, err
}

// name is how the record calls the destination: the place, no credentials.
func (o *destination) name() string {
	if strings.HasPrefix(o.to, s3Scheme) {
		return o.to + " @ " + o.endpoint
	}
	if abs, err := filepath.Abs(o.to); err == nil {
		return abs
	}
	return o.to
}

// notPlace matches what looks like a URL or a place of another machine, and would
// become a folder of that name.
var notPlace = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:/|^[Ss]3:|^[^/]+@[^/]+:`) })

// open opens the destination.
func (o *destination) open() (driver.Destination, func(), error) {
	switch {
	case o.to == "":
		return nil, nil, flagError("--to", "no destination given", "name a directory or s3://BUCKET/PREFIX")
	case o.to == "-":
		return nil, nil, flagError("--to", "an export is a folder of files, which stdout cannot take", "name a directory (./- for one of this name) or s3://BUCKET/PREFIX")
	case notPlace().MatchString(o.to) && !strings.HasPrefix(o.to, s3Scheme):
		return nil, nil, flagError("--to", "exports do not go to addresses of this form", "name a directory (./ before one with a colon in its name), or s3://BUCKET/PREFIX with the server's --endpoint HOST:PORT")
	case strings.HasPrefix(o.to, s3Scheme):
		d, err := o.openBucket()
		return d, func() {}, err
	case o.endpoint != "" || o.ca != "" || o.retain != 0:
		return nil, nil, flagError("--to", "--endpoint, --ca and --retain are for a bucket, and this is a directory", "name s3://BUCKET/PREFIX")
	}
	_, err := os.Stat(o.to)
	made := os.IsNotExist(err)
	d, err := fileexport.Open(o.to)
	if err != nil {
		return nil, nil, err
	}
	return d, func() {
		_ = d.Close() // nothing is left to lose: every file is synced
		if made {
			_ = os.Remove(o.to) // fails unless it is empty: then nothing was exported
		}
	}, nil
}

// openBucket opens s3://BUCKET/PREFIX with the credentials of the environment.
func (o *destination) openBucket() (driver.Destination, error) {
	if o.endpoint == "" {
		return nil, flagError("--endpoint", "a bucket needs the server that it is on", "pass --endpoint HOST:PORT")
	}
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(o.to, s3Scheme), "/")
	opts := &s3export.Options{Prefix: prefix, Region: o.region, Retain: o.retain, Connect: silence, Answer: silence, Idle: silence}
	if o.ca != "" {
		var err error
		if opts.CA, err = readFile(o.ca); err != nil {
			return nil, err
		}
	}
	return s3export.Open(o.endpoint, bucket, s3export.Credentials{
		AccessKey: os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretKey: s3export.Secret(os.Getenv("AWS_SECRET_ACCESS_KEY")),
		Session:   s3export.Secret(os.Getenv("AWS_SESSION_TOKEN")),
	}, opts)
}

func flagError(flag, msg, fix string) error {
	return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: flag, Msg: msg}).WithFix("%s", fix)
}
