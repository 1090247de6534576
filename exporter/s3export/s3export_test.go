package s3export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/driver"
	"glovebox.example/glovebox/exporter/drivertest"
	"glovebox.example/glovebox/internal/proof/testkit/s3server"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

func access(s *s3server.Server) Credentials {
	return Credentials{AccessKey: s.AccessKey, SecretKey: Secret(s.SecretKey)}
}

func openBucket(t *testing.T, s *s3server.Server, bucket string, o Options) *Bucket {
	t.Helper()
	o.CA = s.CA
	b, err := Open(s.Endpoint, bucket, access(s), &o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(b *Bucket, name, body string) error {
	return b.Put(context.Background(), name, []byte(body), sha256.Sum256([]byte(body)))
}

// wantClean: no secret, no body and no server's text is in an error.
func wantClean(t *testing.T, err error, s *s3server.Server) {
	t.Helper()
	text := fmt.Sprintf("%v %+v %#v", err, err, err)
	for _, bad := range []string{s.SecretKey, s.AccessKey, "CANARY", "Signature", "<"} {
		if bad != "<" && strings.Contains(text, bad) || strings.Contains(fmt.Sprint(err), bad) {
			t.Errorf("the error holds %q: %v", bad, err)
		}
	}
}

func TestAgainstARealServer(t *testing.T) {
	s := s3server.Start(t, "results", "others")
	n := 0
	t.Run("Conformance", func(t *testing.T) {
		drivertest.Run(t, func(t *testing.T) driver.Destination {
			n++
			return openBucket(t, s, "results", Options{Prefix: fmt.Sprintf("suite/%d", n)})
		})
	})
	t.Run("NoPrefix", func(t *testing.T) {
		b := openBucket(t, s, "others", Options{})
		if err := put(b, "r-1/file", "body"); err != nil {
			t.Fatal(err)
		}
		if info, err := b.Stat(context.Background(), "r-1/file"); err != nil || info.Size != 4 {
			t.Errorf("%+v %v", info, err)
		}
	})
	t.Run("WrongAuthority", func(t *testing.T) {
		b, err := Open(s.Endpoint, "results", access(s), &Options{CA: s3server.Certificate(t)})
		if err != nil {
			t.Fatal(err)
		}
		err = put(b, "r-1/wrong-ca", "CANARY")
		if err == nil || driver.IsTransient(err) || !strings.Contains(err.Error(), "certificate") || !strings.Contains(err.Error(), "--ca FILE") {
			t.Errorf("put: %v", err)
		}
		wantClean(t, err, s)
		if _, err := b.Stat(context.Background(), "r-1/wrong-ca"); err == nil || driver.IsTransient(err) || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("stat: %v", err)
		}
	})
	t.Run("WrongSecret", func(t *testing.T) {
		b, err := Open(s.Endpoint, "results", Credentials{s.AccessKey, "CANARY-secret", ""}, &Options{CA: s.CA})
		if err != nil {
			t.Fatal(err)
		}
		err = put(b, "r-1/wrong-secret", "CANARY-body")
		if err == nil || driver.IsTransient(err) || !strings.Contains(err.Error(), "SignatureDoesNotMatch") || !strings.Contains(err.Error(), "AWS_SECRET_ACCESS_KEY") {
			t.Errorf("put: %v", err)
		}
		if err != nil && strings.Contains(err.Error(), "CANARY") {
			t.Errorf("the error holds what it must not: %v", err)
		}
	})
	t.Run("WrongAccessKey", func(t *testing.T) {
		b, err := Open(s.Endpoint, "results", Credentials{"CANARY" + s.AccessKey, Secret(s.SecretKey), ""}, &Options{CA: s.CA})
		if err != nil {
			t.Fatal(err)
		}
		err = put(b, "r-1/wrong-key", "body")
		if err == nil || driver.IsTransient(err) || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("put: %v", err)
		}
	})
	t.Run("WrongRegion", func(t *testing.T) {
		b := openBucket(t, s, "results", Options{Region: "cn-north-1"})
		if err := put(b, "r-1/wrong-region", "body"); err == nil || driver.IsTransient(err) || !strings.Contains(err.Error(), "--region") {
			t.Errorf("put: %v", err)
		}
	})
	t.Run("NoObjectLock", func(t *testing.T) {
		b := openBucket(t, s, "results", Options{Retain: time.Hour})
		if err := put(b, "r-1/no-lock", "body"); err == nil || driver.IsTransient(err) || !strings.Contains(err.Error(), "object lock") {
			t.Errorf("put: %v", err)
		}
	})
	t.Run("NoBucket", func(t *testing.T) {
		b := openBucket(t, s, "no-such-bucket", Options{})
		err := put(b, "r-1/file", "CANARY")
		if err == nil || driver.IsTransient(err) || !strings.Contains(err.Error(), "NoSuchBucket") || !strings.Contains(err.Error(), "make the bucket") {
			t.Errorf("put: %v", err)
		}
		wantClean(t, err, s)
	})
	t.Run("CorruptedOnTheWay", func(t *testing.T) { corrupted(t, s) })
	t.Run("NoChecksumOnTheServer", func(t *testing.T) { noChecksum(t, s) })
	t.Run("ObjectLock", func(t *testing.T) { locked(t, s) })
}

// flip changes one byte of every body that is sent, after the client has
// hashed it: a fault between the client's memory and the server's disk.
type flip struct{ next http.RoundTripper }

func (f flip) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Method == http.MethodPut {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(bytes.Replace(body, []byte("good"), []byte("evil"), 1)))
	}
	return f.next.RoundTrip(r)
}

func corrupted(t *testing.T, s *s3server.Server) {
	opts := Options{CA: s.CA}
	transport, err := opts.prepare()
	if err != nil {
		t.Fatal(err)
	}
	b, err := open(s.Endpoint, "results", access(s), opts, flip{transport})
	if err != nil {
		t.Fatal(err)
	}
	err = put(b, "r-1/corrupted", "a good result")
	if err == nil {
		t.Error("the server took a body that does not have its SHA-256")
	}
	wantClean(t, err, s)
	if _, err := openBucket(t, s, "results", Options{}).Stat(context.Background(), "r-1/corrupted"); !errors.Is(err, driver.ErrNotExist) {
		t.Errorf("something was stored: %v", err)
	}
}

// noChecksum looks at an object that somebody else stored without a SHA-256.
func noChecksum(t *testing.T, s *s3server.Server) {
	b := openBucket(t, s, "others", Options{})
	body := []byte("stored by another client")
	_, err := raw(t, s).PutObject(context.Background(), "others", "r-9/file", bytes.NewReader(body), int64(len(body)), minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	info, err := b.Stat(context.Background(), "r-9/file")
	if err != nil || info.Size != int64(len(body)) || info.SHA256 != sha256.Sum256(body) {
		t.Errorf("%+v %v", info, err)
	}
}

// raw is a client of the test's own, without this package.
func raw(t *testing.T, s *s3server.Server) *minio.Client {
	t.Helper()
	opts := Options{CA: s.CA}
	transport, err := opts.prepare()
	if err != nil {
		t.Fatal(err)
	}
	c, err := minio.New(s.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(s.AccessKey, s.SecretKey, ""), Secure: true, Transport: transport, Region: DefaultRegion})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func locked(t *testing.T, s *s3server.Server) {
	ctx := context.Background()
	c := raw(t, s)
	if err := c.MakeBucket(ctx, "locked", minio.MakeBucketOptions{ObjectLocking: true}); err != nil {
		t.Fatal(err)
	}
	b := openBucket(t, s, "locked", Options{Retain: time.Hour})
	if err := put(b, "r-1/file", "body"); err != nil {
		t.Fatal(err)
	}
	st, err := c.StatObject(ctx, "locked", "r-1/file", minio.StatObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if st.Metadata.Get("X-Amz-Object-Lock-Mode") != "COMPLIANCE" {
		t.Errorf("the object is not locked: %v", st.Metadata)
	}
	if err := c.RemoveObject(ctx, "locked", "r-1/file", minio.RemoveObjectOptions{VersionID: st.VersionID}); err == nil {
		t.Error("a locked version was deleted")
	}
	if err := put(b, "r-1/file", "other"); !errors.Is(err, driver.ErrExist) {
		t.Errorf("put over it: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	good := Credentials{"a", "b", ""}
	for what, open := range map[string]func() (*Bucket, error){
		"scheme":   func() (*Bucket, error) { return Open("http://s3.example", "results", good, nil) },
		"empty":    func() (*Bucket, error) { return Open("", "results", good, nil) },
		"userinfo": func() (*Bucket, error) { return Open("CANARY@s3.example", "results", good, nil) },
		"bucket":   func() (*Bucket, error) { return Open("s3.example", "Results", good, nil) },
		"no key":   func() (*Bucket, error) { return Open("s3.example", "results", Credentials{"a", "", ""}, nil) },
		"prefix":   func() (*Bucket, error) { return Open("s3.example", "results", good, &Options{Prefix: "../up"}) },
		"ca":       func() (*Bucket, error) { return Open("s3.example", "results", good, &Options{CA: []byte("CANARY")}) },
		"timeout":  func() (*Bucket, error) { return Open("s3.example", "results", good, &Options{Timeout: 1}) },
		"silence":  func() (*Bucket, error) { return Open("s3.example", "results", good, &Options{Idle: -1}) },
		"retain":   func() (*Bucket, error) { return Open("s3.example", "results", good, &Options{Retain: -1}) },
	} {
		if _, err := open(); glovebox.CodeOf(err) != glovebox.CodeInvalid || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A server that is not there, and one that does not speak TLS.
func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := Open(gone, "results", Credentials{"a", "b", ""}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := put(b, "r-1/file", "x"); !driver.IsTransient(err) {
		t.Errorf("nobody listens: %v", err)
	}
	l, err = net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	go srv.Serve(l)
	defer srv.Close()
	if b, err = Open(l.Addr().String(), "results", Credentials{"a", "b", ""}, nil); err != nil {
		t.Fatal(err)
	}
	if err := put(b, "r-1/file", "x"); err == nil || driver.IsTransient(err) || !strings.Contains(err.Error(), "TLS") {
		t.Errorf("plain HTTP: %v", err)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	const canary = "CANARY-4711"
	c := Credentials{AccessKey: "id", SecretKey: canary, Session: canary}
	b, err := Open("s3.example", "results", c, nil)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "c", c, "s", c.SecretKey)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "c", c, "s", c.SecretKey)
	js, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	all := log.String() + string(js)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		all += fmt.Sprintf(verb+verb+verb, c, c.SecretKey, &c)
		all += fmt.Sprintf(verb, b)
	}
	if strings.Contains(all, canary) || strings.Contains(all, fmt.Sprintf("%x", canary)) {
		t.Errorf("a secret is printed: %s", all)
	}
}

// Which answers of a server are worth another try.
func TestTransient(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		want   bool
	}{
		{503, "SlowDown", true}, {500, "InternalError", true}, {429, "TooManyRequests", true}, {408, "RequestTimeout", true},
		{409, "ConditionalRequestConflict", true}, {403, "AccessDenied", false}, {400, "BadDigest", false}, {404, "NoSuchBucket", false},
		{501, "NotImplemented", false}, {400, "<script>", false},
	} {
		err := explain(context.Background(), "put", "n", minio.ErrorResponse{StatusCode: c.status, Code: c.code, Message: "CANARY"})
		if driver.IsTransient(err) != c.want || strings.Contains(err.Error(), "CANARY") || strings.Contains(err.Error(), "<") {
			t.Errorf("%d %s: transient %v: %v", c.status, c.code, driver.IsTransient(err), err)
		}
	}
	if err := explain(context.Background(), "put", "n", minio.ErrorResponse{StatusCode: 412, Code: "PreconditionFailed"}); !errors.Is(err, driver.ErrExist) {
		t.Errorf("412: %v", err)
	}
}
