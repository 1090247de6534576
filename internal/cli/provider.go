package cli

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/identity"
	"glovebox.example/glovebox/internal/web"
)

// providerFile is what serve and web read of the identity providers that people log
// in by: one form for both, each with members of its own.
type providerFile struct {
	Providers []struct {
		Name     string        `yaml:"name"`
		Title    glovebox.Text `yaml:"title"`
		Issuer   string        `yaml:"issuer"`
		ClientID string        `yaml:"client_id"`
		Keys     string        `yaml:"keys"`               // serve: file with its public keys
		Secret   string        `yaml:"client_secret_file"` // web: file with the client's secret
		CA       string        `yaml:"ca"`                 // web: PEM file of who vouches for the provider
	} `yaml:"providers"`
}

// maxProviders bounds how many there may be.
const maxProviders = 16

func readProviders(path string) (*providerFile, error) {
	data, err := files.Read(path, maxConfig, "a list of providers is a small file")
	if err != nil {
		return nil, err
	}
	f := &providerFile{}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(f); err != nil && !errors.Is(err, io.EOF) || len(f.Providers) == 0 || len(f.Providers) > maxProviders {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "these are not identity providers"}).WithFix("write one to 16 of them as docs/serving.md shows")
	}
	beside := func(name string) string {
		if name == "" || filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(filepath.Dir(path), name)
	}
	for i := range f.Providers {
		p := &f.Providers[i]
		p.Keys, p.Secret, p.CA = beside(p.Keys), beside(p.Secret), beside(p.CA)
	}
	return f, nil
}

// logins are the providers of a core.
func logins(path string) (*identity.Checker, error) {
	f, err := readProviders(path)
	if err != nil {
		return nil, err
	}
	var all []identity.Provider
	for _, p := range f.Providers {
		all = append(all, identity.Provider{Name: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, Keys: p.Keys})
	}
	c, err := identity.New(all, time.Now)
	return c, glovebox.InFile(err, path)
}

// doors are the providers of a web process.
func doors(path string) ([]web.Provider, error) {
	f, err := readProviders(path)
	if err != nil {
		return nil, err
	}
	var all []web.Provider
	for _, p := range f.Providers {
		if err := identity.CheckIssuer(p.Issuer); err != nil {
			return nil, glovebox.InFile(err, path)
		}
		w := web.Provider{Name: p.Name, Title: p.Title, Issuer: p.Issuer, ClientID: p.ClientID}
		if p.Secret != "" {
			b, err := files.Read(p.Secret, 4<<10, "a client's secret is a short text")
			if err != nil {
				return nil, err
			}
			w.Secret = strings.TrimSpace(string(b))
		}
		if w.Roots, err = roots(p.CA); err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

// roots are the authorities of a PEM file; nil, the system's, for "".
func roots(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := files.Read(path, 1<<20, "a certificate is a small file")
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "this holds no certificate"}).WithFix("name a PEM file")
	}
	return pool, nil
}

func (a *app) providerCmd() *cobra.Command {
	return a.group("provider", "identity providers that people log in by", "人员登录所用的身份提供方", a.providerKeys())
}

func (a *app) providerKeys() *cobra.Command {
	var to, ca string
	c := &cobra.Command{
		Use:   "keys ISSUER -o FILE",
		Short: a.t("fetch the public keys of an identity provider", "获取身份提供方的公钥"),
		Long: a.t(`Fetch the public keys of the identity provider at the address ISSUER and write them
to FILE, which "glovebox serve" reads at each login (docs/serving.md): the core
itself connects to no provider. Run it again when the provider changes its keys, from a
timer, say; FILE is replaced as a whole, or not at all.`, `获取地址为 ISSUER 的身份提供方的公钥并写入 FILE，供 "glovebox serve" 在每次登录时读取
（见 docs/serving.md）：核心进程本身不连接提供方。提供方更换密钥后请再次运行，例如用定时任务；
FILE 要么整体替换，要么不变。`),
		Example: "  glovebox provider keys https://id.example.gov.cn/realms/city -o city-keys.json",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			if to == "" {
				return flagError("--output", "no file given", "name the file that the core is to read")
			}
			pool, err := roots(ca)
			if err != nil {
				return err
			}
			data, n, err := fetchKeys(c.Context(), w[0], pool)
			if err != nil {
				return err
			}
			if err := files.Replace(to, 0o644, bytesOf(data)); err != nil {
				return (&glovebox.Error{Code: whyUnwritten(err), File: to, Msg: "the file cannot be written"}).Because(bare(err))
			}
			return a.emit(map[string]any{"issuer": w[0], "file": to, "keys": n}, func() { a.say(a.t("%d keys in %s", "%d 个公钥，已写入 %s"), n, to) })
		},
	}
	c.Flags().StringVarP(&to, "output", "o", "", a.t("write the keys to `FILE`", "将公钥写入 `FILE`"))
	c.Flags().StringVar(&ca, "ca", "", a.t("trust the certificate authority in the PEM file `FILE` (default: the system's)", "信任 PEM 文件 `FILE` 中的 CA（默认用系统的）"))
	return c
}

// fetchKeys gets what the discovery document of an issuer says are its keys.
func fetchKeys(ctx context.Context, issuer string, pool *x509.CertPool) (data []byte, n int, err error) {
	if err := identity.CheckIssuer(issuer); err != nil {
		return nil, 0, err
	}
	h := &http.Client{Timeout: time.Minute, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}}}
	var doc struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	data, err = fetched(ctx, h, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return nil, 0, err
	}
	if json.Unmarshal(data, &doc) != nil || doc.Issuer != issuer || identity.CheckIssuer(doc.Keys) != nil {
		return nil, 0, glovebox.Errorf(glovebox.CodeInvalid, "the address does not answer as the identity provider that it names").WithFix("write the issuer as the provider's discovery document says it")
	}
	if data, err = fetched(ctx, h, doc.Keys); err != nil {
		return nil, 0, err
	}
	keys, err := identity.ParseKeys(data)
	return data, len(keys), err
}

func fetched(ctx context.Context, h *http.Client, url string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	var res *http.Response
	if err == nil {
		res, err = h.Do(r) //nolint:gosec // the address is what the command was given, or what that one names
	}
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the identity provider does not answer").Because(bare(err)).WithFix("check the address, the network and --ca")
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxConfig+1))
	if err != nil || res.StatusCode != http.StatusOK || len(data) > maxConfig {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the identity provider answered with status %d", res.StatusCode).WithFix("check the address")
	}
	return data, nil
}
