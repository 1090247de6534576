// Package object copies one object of an S3 server, byte for byte.
//
// It is given a connection that is open already and opens none, so that it runs
// where no network is. The server is foreign: what it sends is bounded, and none
// of its words is part of an error.
//
// Promises: the connection is encrypted and the server's certificate checked;
// the object comes from one answer, so from one state of it, whole or not at all;
// where the server keeps a SHA-256 of it, the bytes are held to it.
//
// Not promised: that a copy which broke off goes on where it was.
package object

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/database"
)

// Format is what connection files of this kind are read as.
const Format = database.S3

// DefaultRegion is the region of servers that have none of their own.
const DefaultRegion = "us-east-1"

// answerWithin is how long a server may take to begin its answer.
const answerWithin = time.Minute

// Copy writes the object of that key in the server's bucket, of at most so many
// bytes.
func Copy(ctx context.Context, conn net.Conn, s *database.Server, key string, most int64, w io.Writer) error {
	conf := &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool(), NextProtos: []string{"http/1.1"}}
	if !conf.RootCAs.AppendCertsFromPEM(s.CA) {
		return glovebox.Errorf(glovebox.CodeInvalid, "the file of the certificate authority holds no certificate").WithFix("name a PEM file with the certificate that signed the server's")
	}
	var used atomic.Bool
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		if used.Swap(true) {
			return nil, errors.New("the one connection is gone")
		}
		c := tls.Client(conn, conf)
		return c, c.HandshakeContext(ctx)
	}
	refuse := func(context.Context, string, string) (net.Conn, error) { return nil, errors.ErrUnsupported }
	region := s.Region
	if region == "" {
		region = DefaultRegion
	}
	c, err := minio.NewCore(s.Address(), &minio.Options{
		Creds: credentials.NewStaticV4(s.User, s.Password, ""), Secure: true, Region: region, BucketLookup: minio.BucketLookupPath, MaxRetries: 1,
		Transport: &http.Transport{DialTLSContext: dial, DialContext: refuse, ResponseHeaderTimeout: answerWithin, DisableCompression: true},
	})
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInvalid, "the connection file does not name an S3 server").WithFix("write its host, port and bucket")
	}
	opts := minio.GetObjectOptions{Checksum: true}
	body, info, _, err := c.GetObject(ctx, s.Database, key, opts)
	if err != nil {
		return refusedBy(err)
	}
	defer body.Close()
	if info.Size < 0 || info.Size > most {
		return glovebox.Errorf(glovebox.CodeInvalid, "the object has more than %d bytes", most).WithFix("split it, or copy it to this machine and load the file")
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, sum), io.LimitReader(body, info.Size+1))
	switch {
	case err != nil:
		return refusedBy(err)
	case n != info.Size:
		return refusedBy(io.ErrUnexpectedEOF)
	case info.ChecksumSHA256 != "" && !strings.Contains(info.ChecksumSHA256, "-") && info.ChecksumSHA256 != base64.StdEncoding.EncodeToString(sum.Sum(nil)):
		return glovebox.Errorf(glovebox.CodeInvalid, "the object is damaged: its SHA-256 is not the one that the server keeps").WithFix("store the object again")
	}
	return nil
}

// refusedBy names what a server refused, without its words.
func refusedBy(err error) error {
	if e, ok := errors.AsType[*glovebox.Error](err); ok {
		return e
	}
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	if errors.As(err, &unknown) || errors.As(err, &name) {
		return glovebox.Errorf(glovebox.CodeInvalid, "the S3 server's certificate is not the one that is expected").WithFix("name the certificate authority (ca) and the server (host) as its certificate has them")
	}
	switch e := minio.ToErrorResponse(err); {
	case e.Code == "NoSuchKey":
		return glovebox.Errorf(glovebox.CodeInvalid, "the bucket has no object of the name in source.object").WithFix("write the object's key as the bucket has it, without the bucket")
	case e.Code == "NoSuchBucket":
		return glovebox.Errorf(glovebox.CodeInvalid, "the S3 server has no bucket of this name").WithFix("correct bucket in the connection file")
	case e.StatusCode == http.StatusForbidden || e.StatusCode == http.StatusUnauthorized:
		return glovebox.Errorf(glovebox.CodeInvalid, "the S3 server does not let this account read the object").WithFix("correct user and password in the connection file; grant the account GetObject, and nothing else")
	}
	return glovebox.Errorf(glovebox.CodeInvalid, "the S3 server ended the copy or sent what is not understood").WithFix("try again; the server's own log says more")
}
