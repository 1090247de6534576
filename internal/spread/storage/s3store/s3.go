// Package s3store is shared storage in a bucket that speaks S3.
//
// It promises what package storage does, over TLS alone. It does not promise that
// what it reads is what was written: who asked checks that. Credentials come from
// the caller and are never stored or printed.
package s3store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/spread/storage"
)

// Place is a bucket.
type Place struct {
	Endpoint, Bucket, Prefix, Region string
	CA                               []byte // PEM; empty: those of the system
	AccessKey, SecretKey, Session    string
}

// Store keeps files as objects of a bucket.
type Store struct {
	c              *minio.Client
	bucket, prefix string
}

// answerWithin is how long a server may take to begin its answer.
const answerWithin = time.Minute

// Open opens a bucket, which has to be there. It asks the server nothing yet.
func Open(p Place) (*Store, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(p.CA) > 0 {
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(p.CA) {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "the certificates of the storage's server cannot be read").WithFix("give --ca a file of PEM certificates")
		}
	}
	c, err := minio.New(p.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(p.AccessKey, p.SecretKey, p.Session), Secure: true, Region: p.Region,
		Transport: &http.Transport{TLSClientConfig: t, ResponseHeaderTimeout: answerWithin, MaxIdleConnsPerHost: 16, Proxy: http.ProxyFromEnvironment}})
	if err != nil || p.Bucket == "" {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the storage cannot be named").WithFix("pass --storage s3://BUCKET/PREFIX and --endpoint HOST:PORT")
	}
	prefix := strings.Trim(p.Prefix, "/")
	if prefix != "" {
		prefix += "/"
	}
	return &Store{c, p.Bucket, prefix}, nil
}

// Put implements storage.Storage: an object appears as a whole.
func (s *Store) Put(ctx context.Context, name string, r io.Reader, size int64) error {
	if !storage.Name(name) {
		return fs.ErrInvalid
	}
	_, err := s.c.PutObject(ctx, s.bucket, s.prefix+name, r, size, minio.PutObjectOptions{ContentType: "application/octet-stream"})
	return away(err)
}

// Get implements storage.Storage.
func (s *Store) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if _, err := s.Size(ctx, name); err != nil {
		return nil, err
	}
	o, err := s.c.GetObject(ctx, s.bucket, s.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, away(err)
	}
	return o, nil
}

// Size implements storage.Storage.
func (s *Store) Size(ctx context.Context, name string) (int64, error) {
	if !storage.Name(name) {
		return 0, fs.ErrInvalid
	}
	st, err := s.c.StatObject(ctx, s.bucket, s.prefix+name, minio.StatObjectOptions{})
	return st.Size, away(err)
}

// List implements storage.Storage.
func (s *Store) List(ctx context.Context, folder string) ([]string, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var out []string
	for o := range s.c.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix + folder + "/"}) {
		if o.Err != nil {
			return nil, away(o.Err)
		}
		if name := strings.TrimPrefix(o.Key, s.prefix); storage.Name(name) {
			out = append(out, name)
		}
		if len(out) == storage.MaxList {
			break
		}
	}
	return out, nil
}

// Remove implements storage.Storage.
func (s *Store) Remove(ctx context.Context, name string) error {
	if !storage.Name(name) {
		return fs.ErrInvalid
	}
	if err := away(s.c.RemoveObject(ctx, s.bucket, s.prefix+name, minio.RemoveObjectOptions{})); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// away is an error of the server, in words of ours: what it says may be anything.
func away(err error) error {
	if err == nil {
		return nil
	}
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return fs.ErrNotExist
	}
	return glovebox.Errorf(glovebox.CodeInternal, "the shared storage does not do what it is asked to").Because(err).
		WithFix("check the server, the bucket and the credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)")
}
