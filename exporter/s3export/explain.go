package s3export

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/driver"

	"github.com/minio/minio-go/v7"
)

// explain turns an error of the client into one of the driver's, with what to do
// about it. What the server wrote is foreign text: only its code is kept.
func explain(ctx context.Context, op, name string, err error) error {
	if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
		return context.Canceled
	}
	r := minio.ToErrorResponse(err)
	switch {
	case r.StatusCode == http.StatusPreconditionFailed:
		return driver.ErrExist
	case r.StatusCode == http.StatusNotFound && op == "stat" && r.Code != minio.NoSuchBucket:
		return driver.ErrNotExist
	case r.StatusCode != 0:
		return answered(op, name, r)
	}
	return unanswered(op, name, err)
}

// answered is the error of a server that answered. It keeps the server's own
// code.
func answered(op, name string, r minio.ErrorResponse) error {
	transient := r.StatusCode >= 500 || r.StatusCode == http.StatusRequestTimeout || r.StatusCode == http.StatusTooManyRequests ||
		r.Code == "ConditionalRequestConflict" || r.Code == "OperationAborted"
	if r.StatusCode == http.StatusNotImplemented || r.StatusCode == http.StatusInsufficientStorage {
		transient = false
	}
	e := glovebox.Errorf(glovebox.CodeInternal, "s3 %s: the server answered %s (HTTP %d)", op, code(r.Code), r.StatusCode)
	return mark(name, e.WithFix("%s", advice(r)), transient)
}

// advice is what to do about a server's answer.
func advice(r minio.ErrorResponse) string {
	switch r.Code {
	case "NoSuchBucket":
		return "make the bucket, or correct its name in --to or the server in --endpoint"
	case "SignatureDoesNotMatch":
		return "check AWS_SECRET_ACCESS_KEY, and --region"
	case "InvalidAccessKeyId", "XAdminUserNotFound":
		return "check AWS_ACCESS_KEY_ID: this server does not know it"
	case "ExpiredToken", "InvalidToken", "TokenRefreshRequired":
		return "get new temporary credentials and set AWS_SESSION_TOKEN with them"
	case "AccessDenied", "AllAccessDisabled", "AccountProblem", "Forbidden":
		return "let this access key put and get objects under the prefix of --to"
	case "RequestTimeTooSkewed", "RequestExpired":
		return "set the clock of this machine"
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraintException":
		return "name the bucket's own region with --region, and that region's server with --endpoint"
	case "InvalidBucketName", "InvalidBucketState":
		return "correct the bucket's name in --to"
	case "ObjectLockConfigurationNotFoundError", "InvalidRequest", "InvalidRetentionPeriod":
		return "if --retain is given, the bucket needs object lock; otherwise ask the server's operator"
	case "NotImplemented", "MethodNotAllowed":
		return "use a server with conditional writes (If-None-Match): without them something could be overwritten"
	case "QuotaExceeded", "InsufficientCapacity", "StorageFull", "XMinioStorageFull", "EntityTooLarge":
		return "make room on the server, or raise the bucket's quota"
	case "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "InvalidDigest":
		return "the bytes were changed on the way: run the same export again, and look at what lies between here and the server"
	}
	switch {
	case r.StatusCode == http.StatusUnauthorized || r.StatusCode == http.StatusForbidden:
		return "check the credentials and what they permit"
	case r.StatusCode == http.StatusProxyAuthRequired:
		return "check the proxy of this environment (HTTPS_PROXY, NO_PROXY)"
	case r.StatusCode == http.StatusInsufficientStorage:
		return "make room on the server, or raise the bucket's quota"
	case r.StatusCode >= 500 || r.StatusCode == http.StatusTooManyRequests:
		return again
	}
	return "check that --endpoint is an S3 server"
}

// again is the advice where the same may work later.
const again = "run the same export again later: it goes on where this one stopped"

// unanswered is the error of a server that did not answer, or not in HTTP.
func unanswered(op, name string, err error) error {
	fail := func(e *glovebox.Error) error { return mark(name, e, false) }
	later := func(e *glovebox.Error) error { return mark(name, e, true) }
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return fail(glovebox.Errorf(glovebox.CodeInternal, "s3 %s: the server's certificate is for another host", op).WithFix("write --endpoint with the name in the certificate"))
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return fail(glovebox.Errorf(glovebox.CodeInternal, "s3 %s: the server's certificate has expired or is not valid yet", op).WithFix("renew the certificate, or set the clock of this machine"))
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fail(glovebox.Errorf(glovebox.CodeInternal, "s3 %s: the server's certificate is not one of a trusted authority", op).WithFix("pass the PEM file of the authority that signed it with --ca FILE"))
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || strings.Contains(err.Error(), "HTTP response to HTTPS client") {
		return fail(glovebox.Errorf(glovebox.CodeInternal, "s3 %s: the server does not speak TLS", op).WithFix("name the server's TLS port in --endpoint; exports never go in the clear"))
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok || strings.Contains(err.Error(), "remote error: tls:") {
		return fail(glovebox.Errorf(glovebox.CodeInternal, "s3 %s: the server refused the TLS handshake", op).WithFix("ask the server's operator which versions of TLS and which clients it takes; at least TLS 1.2 is needed"))
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return later(glovebox.Errorf(glovebox.CodeInternal, "s3 %s: there is no host of this name", op).WithFix("correct the host in --endpoint"))
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return later(glovebox.Errorf(glovebox.CodeInternal, "s3 %s: nothing listens at this host and port", op).WithFix("start the server, or correct --endpoint"))
	}
	if errors.Is(err, errEndless) {
		return later(glovebox.Errorf(glovebox.CodeInternal, "s3 %s: the server does not finish its answer", op).WithFix("check that --endpoint is an S3 server and that nothing on the way holds the connection; then run the same export again: it goes on where this one stopped"))
	}
	if errors.Is(err, errLong) {
		return fail(glovebox.Errorf(glovebox.CodeInternal, "s3 %s: the server's answer is longer than any of S3", op).WithFix("check that --endpoint is an S3 server"))
	}
	if errors.Is(err, errSilent) || timeout(err) {
		return later(glovebox.Errorf(glovebox.CodeInternal, "s3 %s: the server says nothing", op).WithFix("check that --endpoint is an S3 server and that nothing on the way holds the connection; then run the same export again: it goes on where this one stopped"))
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return later(glovebox.Errorf(glovebox.CodeInternal, "s3 %s: the server cannot be reached", op).WithFix("check --endpoint and the network, then run the same export again: it goes on where this one stopped"))
	}
	return fail(glovebox.Errorf(glovebox.CodeInternal, "s3 %s: the request failed", op).WithFix("check --endpoint, then run the same export again"))
}

// timeout says whether a limit of Options ended a request.
func timeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// code lets an S3 error code through that looks like one.
func code(s string) string {
	if s == "" || len(s) > 64 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.") != "" {
		return "an error"
	}
	return s
}

// mark completes an error with the file it is about.
func mark(name string, e *glovebox.Error, transient bool) error {
	e.File = name
	if transient {
		return driver.Transient(e)
	}
	return e
}
