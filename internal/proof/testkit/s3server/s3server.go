// Package s3server starts a real S3 server for tests: versitygw over TLS on a
// port of the loopback interface, with a certificate made for it, on a
// directory that goes away with the test.
//
// The server is built once per machine with the ordinary Go client and kept in
// the user's cache folder (about a minute). A test that cannot have it fails
// and says why; GLOVEBOX_SKIP_S3=1 skips it instead, for machines without a
// network. The package is for tests only.
package s3server

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"glovebox.example/glovebox/internal/proof/testkit/child"
)

const (
	module  = "github.com/versity/versitygw/cmd/versitygw"
	version = "v1.8.0"

	skipVar      = "GLOVEBOX_SKIP_S3"
	installLimit = 10 * time.Minute
	startLimit   = 60 * time.Second
)

// Server is a running server.
type Server struct {
	Endpoint  string // host:port
	CA        []byte // PEM of the certificate to trust
	AccessKey string
	SecretKey string
}

// Start installs the server if need be, runs it with the given buckets, and
// stops it when the test ends.
func Start(t testing.TB, buckets ...string) *Server {
	t.Helper()
	if os.Getenv(skipVar) == "1" {
		t.Skipf("%s=1: no S3 server", skipVar)
	}
	bin, err := install(t)
	if err != nil {
		t.Fatalf("the S3 server cannot be installed (set %s=1 to skip): %v", skipVar, err)
	}
	dir := t.TempDir()
	for _, sub := range append([]string{""}, buckets...) {
		if err := os.MkdirAll(filepath.Join(dir, "data", sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "versions"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := &Server{AccessKey: "AK" + rand.Text()[:14], SecretKey: rand.Text()}
	if s.CA, err = certificate(dir); err != nil {
		t.Fatal(err)
	}
	// A free port may be taken by somebody else before the server has it.
	for try := range 3 {
		err = s.run(t, bin, dir)
		if err == nil {
			return s
		}
		t.Logf("try %d: %v", try+1, err)
	}
	t.Fatalf("the S3 server does not start: %v", err)
	return nil
}

// run starts the server and waits until it answers.
func (s *Server) run(t testing.TB, bin, dir string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.Endpoint = l.Addr().String()
	if err := l.Close(); err != nil {
		return err
	}
	var output buffer
	cmd := exec.Command(bin, "--port", s.Endpoint, "--cert", filepath.Join(dir, "tls.crt"), "--key", filepath.Join(dir, "tls.key"), "--quiet",
		"posix", "--versioning-dir", filepath.Join(dir, "versions"), filepath.Join(dir, "data"))
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY_ID="+s.AccessKey, "ROOT_SECRET_ACCESS_KEY="+s.SecretKey)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &output, &output
	ended, err := child.Start(cmd)
	if err != nil {
		return err
	}
	stop := sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	for deadline := time.Now().Add(startLimit); ; {
		select {
		case err := <-ended:
			return fmt.Errorf("it ended: %v\n%s", err, output.String())
		case <-time.After(20 * time.Millisecond):
		}
		if err = s.ping(); err == nil {
			t.Cleanup(stop)
			return nil
		}
		if time.Now().After(deadline) {
			stop()
			return fmt.Errorf("no answer within %v: %v\n%s", startLimit, err, output.String())
		}
	}
}

// ping asks for something that needs a signature: any HTTP answer will do.
func (s *Server) ping() error {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CA)
	c := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}}
	resp, err := c.Get("https://" + s.Endpoint + "/")
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// install returns the server's binary. Test binaries that need it at the same
// time wait for the one that builds it.
func install(t testing.TB) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "glovebox", "tools", "versitygw-"+version)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "versitygw")
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	t.Logf("installing %s@%s, once, into %s", module, version, dir)
	ctx, cancel := context.WithTimeout(context.Background(), installLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "install", module+"@"+version)
	cmd.Dir = dir
	for _, v := range os.Environ() {
		switch name, _, _ := strings.Cut(v, "="); name {
		case "GOFLAGS", "GOBIN", "GOWORK", "CGO_ENABLED", "GOOS", "GOARCH":
		default:
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0", "GOBIN="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go install %s@%s: %w\n%s", module, version, err, out)
	}
	return bin, nil
}

// certificate writes tls.crt and tls.key for 127.0.0.1 and returns the former.
func certificate(dir string) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "glovebox test"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	crt := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(filepath.Join(dir, "tls.crt"), crt, 0o600); err != nil {
		return nil, err
	}
	return crt, os.WriteFile(filepath.Join(dir, "tls.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600)
}

// Certificate makes another certificate authority's PEM, for tests of clients
// that must not trust this server.
func Certificate(t testing.TB) []byte {
	t.Helper()
	crt, err := certificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return crt
}

// buffer collects output from two streams.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
