// Package s3export writes exports to a bucket of an S3 server, over TLS.
//
// A file is one conditional PUT (If-None-Match: *) with its SHA-256, which the
// server checks: it stores all of the file or nothing, and never over another.
// Multipart uploads are not used, because they drop the condition; so a file is
// at most 5 GiB. With Options.Retain every object is locked against deletion.
//
// The server is trusted to keep what it acknowledged and to compare digests as
// S3 says. One that is silent for too long, at any step, is an error that may go
// away. The package never speaks plain HTTP, takes credentials in a type
// that does not print, and puts nothing into an error but the operation, the
// name, the server's error code and the HTTP status.
package s3export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/driver"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const (
	// DefaultRegion is the region of servers that have none of their own.
	DefaultRegion = "us-east-1"
	// DefaultTimeout is how long one request may take in all, however steadily
	// it goes on.
	DefaultTimeout = time.Hour

	// maxObject is the largest object of a single PUT.
	maxObject = 5 << 30
	// slowest is how many bytes of an object must come in a second.
	slowest = 64 << 10
)

// Secret is a text that prints as "[redacted]" in every way of printing.
type Secret string

const redacted = "[redacted]"

// String, GoString, Format, MarshalText and LogValue hide the secret.
func (Secret) String() string               { return redacted }
func (Secret) GoString() string             { return redacted }
func (Secret) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, redacted) }
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
func (Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }

// Credentials are what the server knows the exporter by. They come from the
// environment or a file, never from the command line, where other users of the
// machine could read them.
type Credentials struct {
	AccessKey string
	SecretKey Secret
	Session   Secret // of temporary credentials; may be empty
}

// Options changes how a bucket is reached and what holds for its objects. nil
// means all defaults.
type Options struct {
	// Prefix comes before every name, with a slash after it. Default (empty):
	// none. Segments as in driver.CheckName.
	Prefix string
	// Region of the bucket. Default (empty): DefaultRegion.
	Region string
	// CA is the PEM of the certificate authorities to trust instead of the
	// system's. Default (nil): the system's.
	CA []byte
	// PathStyle puts the bucket into the path for every server, not only where
	// the host is none of the large providers'. Default: false.
	PathStyle bool
	// Timeout is how long one request may take in all. Default (zero):
	// DefaultTimeout. 1 s to 1 h.
	Timeout time.Duration
	// Connect, Answer and Idle are how long the server may be silent: while it
	// is connected to, and again in its TLS handshake; after a whole request; in
	// the middle of a body. Default (zero): DefaultConnect, DefaultAnswer,
	// DefaultIdle. 1 ms to 1 h.
	Connect, Answer, Idle time.Duration
	// Retain locks every object for this long in compliance mode: nobody, not
	// the bucket's owner, can delete it before. The bucket must have object
	// lock. Default (zero): no lock. At most 100 years.
	Retain time.Duration
}

// Bucket is a driver.Destination.
type Bucket struct {
	client *minio.Client
	name   string
	opts   Options
	now    func() time.Time
}

var _ driver.Destination = (*Bucket)(nil)

var bucketForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`) })

// Open prepares a bucket; it sends nothing yet. endpoint is host or host:port,
// without a scheme: it is always reached over TLS. It fails with CodeInvalid.
func Open(endpoint, bucket string, c Credentials, o *Options) (*Bucket, error) {
	var opts Options
	if o != nil {
		opts = *o
	}
	transport, err := opts.prepare()
	if err != nil {
		return nil, err
	}
	return open(endpoint, bucket, c, opts, transport)
}

func open(endpoint, bucket string, c Credentials, opts Options, transport http.RoundTripper) (*Bucket, error) {
	invalid := func(field, what, fix string) error {
		e := glovebox.Errorf(glovebox.CodeInvalid, "%s", what).WithFix("%s", fix)
		e.Field = field
		return e
	}
	if endpoint == "" || strings.ContainsAny(endpoint, "/@ \t\r\n") {
		return nil, invalid("endpoint", "not a host", "give host or host:port without a scheme; exports go over TLS only")
	}
	if !bucketForm().MatchString(bucket) {
		return nil, invalid("bucket", "not a bucket's name", "use 3 to 63 of a-z, 0-9, - and .")
	}
	if c.AccessKey == "" || c.SecretKey == "" {
		return nil, invalid("credentials", "no S3 credentials", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment")
	}
	lookup := minio.BucketLookupAuto
	if opts.PathStyle {
		lookup = minio.BucketLookupPath
	}
	client, err := minio.New(endpoint, &minio.Options{
		Creds:  credentials.NewStaticV4(c.AccessKey, string(c.SecretKey), string(c.Session)),
		Secure: true, Transport: transport, Region: opts.Region, BucketLookup: lookup,
		TrailingHeaders: true, // the SHA-256 goes with the body
		MaxRetries:      1,    // package exporter tries again
	})
	if err != nil {
		return nil, invalid("endpoint", "not a host", "give host or host:port without a scheme")
	}
	return &Bucket{client: client, name: bucket, opts: opts, now: time.Now}, nil
}

// prepare checks the options, fills in defaults and makes the transport.
func (o *Options) prepare() (http.RoundTripper, error) {
	invalid := func(field, what string) error {
		e := glovebox.Errorf(glovebox.CodeInvalid, "%s", what)
		e.Field = field
		return e
	}
	o.Prefix = strings.TrimSuffix(o.Prefix, "/")
	if o.Prefix != "" && driver.CheckName(o.Prefix) != nil {
		return nil, invalid("prefix", "not a usable prefix")
	}
	if o.Region == "" {
		o.Region = DefaultRegion
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Timeout < time.Second || o.Timeout > time.Hour {
		return nil, invalid("timeout", "outside 1 s to 1 h")
	}
	for limit, most := range map[*time.Duration]time.Duration{&o.Connect: DefaultConnect, &o.Answer: DefaultAnswer, &o.Idle: DefaultIdle} {
		if *limit == 0 {
			*limit = most
		}
		if *limit < time.Millisecond || *limit > time.Hour {
			return nil, invalid("silence", "outside 1 ms to 1 h")
		}
	}
	if o.Retain < 0 || o.Retain > 100*365*24*time.Hour {
		return nil, invalid("retain", "outside 0 to 100 years")
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CA != nil {
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(o.CA) {
			return nil, invalid("ca", "no certificate in it")
		}
	}
	return &answers{idle: o.Idle, next: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: o.dial,
		TLSClientConfig: t, TLSHandshakeTimeout: o.Connect, ResponseHeaderTimeout: o.Answer,
		ExpectContinueTimeout: time.Second, // for servers that wait for the body all the same
		// A connection serves one request: whatever a server does to it after
		// its answer, or says beyond it, befalls no other.
		DisableKeepAlives: true, DisableCompression: true,
	}}, nil
}

func (b *Bucket) object(name string) string {
	if b.opts.Prefix == "" {
		return name
	}
	return b.opts.Prefix + "/" + name
}

// Put implements driver.Destination.
func (b *Bucket) Put(ctx context.Context, name string, body []byte, sum [sha256.Size]byte) error {
	if err := driver.CheckPut(ctx, name, body, sum); err != nil {
		return err
	}
	if len(body) > maxObject {
		return mark(name, glovebox.Errorf(glovebox.CodeInternal, "s3 put: larger than one upload can be"), false)
	}
	ctx, cancel := context.WithTimeout(ctx, b.opts.Timeout)
	defer cancel()
	opts := minio.PutObjectOptions{DisableMultipart: true, Checksum: minio.ChecksumSHA256}
	opts.SetMatchETagExcept("*")
	if b.opts.Retain > 0 {
		opts.Mode, opts.RetainUntilDate = minio.Compliance, b.now().Add(b.opts.Retain).UTC().Truncate(time.Second)
	}
	info, err := b.client.PutObject(ctx, b.name, b.object(name), bytes.NewReader(body), int64(len(body)), opts)
	if err != nil {
		cause := err
		err = explain(ctx, "put", name, err)
		if driver.IsTransient(err) && !timeout(cause) && !errors.Is(cause, errEndless) {
			// A server that refuses a long body closes the connection under
			// it, and its answer is lost; so is the answer to a body that it
			// took. Either way, what counts is whether something is there.
			if _, e := b.Stat(ctx, name); e == nil {
				return driver.ErrExist
			}
		}
		return err
	}
	if info.ChecksumSHA256 != "" && info.ChecksumSHA256 != base64.StdEncoding.EncodeToString(sum[:]) {
		return mark(name, glovebox.Errorf(glovebox.CodeInternal, "s3 put: the server stored other bytes").WithFix("look at what lies between here and the server, then export to another prefix"), false)
	}
	return nil
}

// Stat implements driver.Destination. A server that does not tell an object's
// SHA-256 is asked for the object.
func (b *Bucket) Stat(ctx context.Context, name string) (driver.Info, error) {
	if err := driver.CheckName(name); err != nil {
		return driver.Info{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, b.opts.Timeout)
	defer cancel()
	st, err := b.client.StatObject(ctx, b.name, b.object(name), minio.StatObjectOptions{Checksum: true})
	if err != nil {
		return driver.Info{}, explain(ctx, "stat", name, err)
	}
	info := driver.Info{Size: st.Size}
	if raw, err := base64.StdEncoding.DecodeString(st.ChecksumSHA256); err == nil && len(raw) == sha256.Size {
		info.SHA256 = [sha256.Size]byte(raw)
		return info, nil
	}
	patience, cancel := context.WithTimeout(ctx, b.opts.Answer+time.Duration(min(max(st.Size, 0), maxObject)/slowest)*time.Second)
	defer cancel()
	whole, stop := context.WithCancelCause(patience)
	defer stop(nil)
	obj, err := b.client.GetObject(whole, b.name, b.object(name), minio.GetObjectOptions{})
	if err != nil {
		return driver.Info{}, explain(ctx, "get", name, err)
	}
	defer obj.Close()
	h := sha256.New()
	if info.Size, err = io.Copy(h, watched(io.LimitReader(obj, maxObject), b.opts.Idle, stop)); err != nil {
		return driver.Info{}, explain(ctx, "get", name, err)
	}
	h.Sum(info.SHA256[:0])
	return info, nil
}
