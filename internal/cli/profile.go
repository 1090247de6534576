package cli

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/client"
	"glovebox.example/glovebox/internal/document/files"
)

// profile is where somebody works and as whom: a server, a name, a key.
type profile struct {
	Server string `yaml:"server" json:"server"`               // https://HOST[:PORT]
	User   string `yaml:"user" json:"user"`                   // who works there
	Key    string `yaml:"key,omitempty" json:"key,omitempty"` // file of the person's key
	CA     string `yaml:"ca,omitempty" json:"ca,omitempty"`   // PEM file of the authority that vouches for the server; "": the system's
}

// profiles are the file config.yaml.
type profiles struct {
	Current  string             `yaml:"current" json:"current"`
	Profiles map[string]profile `yaml:"profiles" json:"profiles"`
}

// configDir is where profiles, keys and sessions lie.
func configDir() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", glovebox.Errorf(glovebox.CodeInvalid, "there is no place for profiles and keys").WithFix("set HOME or XDG_CONFIG_HOME")
	}
	return filepath.Join(dir, "glovebox"), nil
}

// maxConfig bounds config.yaml, in bytes.
const maxConfig = 64 << 10

func readProfiles() (*profiles, error) {
	p := &profiles{Profiles: map[string]profile{}}
	dir, err := configDir()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "config.yaml")
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	data, err := files.Read(path, maxConfig, "profiles are a small file")
	if err != nil {
		return nil, err
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(p); err != nil && !errors.Is(err, io.EOF) {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "these are not profiles"}).WithFix("remove the file, and log in again: `glovebox login --server URL`")
	}
	if p.Profiles == nil {
		p.Profiles = map[string]profile{}
	}
	return p, nil
}

func (p *profiles) write() error {
	dir, err := configDir()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return glovebox.Errorf(glovebox.CodeInvalid, "there is no place for profiles and keys").Because(bare(err))
	}
	b, err := yaml.Marshal(p)
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "profiles cannot be encoded").Because(err)
	}
	return private(filepath.Join(dir, "config.yaml"), b)
}

// private writes a file that is its owner's alone.
func private(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return glovebox.Errorf(glovebox.CodeInvalid, "there is no place for profiles and keys").Because(bare(err))
	}
	if err := files.Replace(path, 0o600, bytesOf(data)); err != nil {
		return (&glovebox.Error{Code: whyUnwritten(err), File: path, Msg: "the file cannot be written"}).Because(bare(err))
	}
	return nil
}

// working is the profile that the command works in, by name: that of --profile, or
// one for --server, or the current one where neither a domain nor a server is
// named. nil: a directory is.
func (a *app) working() (string, *profile, error) {
	if a.server == "" && a.profile == "" && a.dir != "" {
		return "", nil, nil
	}
	all, err := readProfiles()
	if err != nil {
		return "", nil, err
	}
	name := a.profile
	if name == "" && a.server == "" {
		name = all.Current
	}
	if name != "" {
		p, ok := all.Profiles[name]
		if !ok {
			e := glovebox.Errorf(glovebox.CodeNotFound, "no profile %q", name)
			if known := slices.Sorted(maps.Keys(all.Profiles)); len(known) > 0 {
				return "", nil, e.WithFix("there are: %s", strings.Join(known, ", "))
			}
			return "", nil, e.WithFix("`glovebox login --server URL --profile %s` makes it", name)
		}
		return name, &p, nil
	}
	if a.server == "" {
		return "", nil, nil
	}
	for _, name := range slices.Sorted(maps.Keys(all.Profiles)) {
		if p := all.Profiles[name]; p.Server == a.server {
			return name, &p, nil
		}
	}
	return "", &profile{Server: a.server}, nil
}

// client is the door of a profile.
func (a *app) client(name string, p *profile) (*client.Client, error) {
	base := strings.TrimSuffix(p.Server, "/")
	if !strings.HasPrefix(base, "https://") {
		return nil, flagError("--server", "a server is reached over TLS", "write https://HOST[:PORT]")
	}
	t := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13}, ResponseHeaderTimeout: 2 * time.Minute}
	pool, err := roots(p.CA)
	if err != nil {
		return nil, err
	}
	t.TLSClientConfig.RootCAs = pool
	c := &client.Client{Base: base, HTTP: &http.Client{Transport: t}, User: p.User, Detached: a.detached}
	return c, a.identify(c, name, p)
}

// identify gives a client its person's key and the secret of its session.
func (a *app) identify(c *client.Client, name string, p *profile) error {
	if p.Key != "" {
		k, err := act.ReadFileKey(p.Key, "")
		if err != nil {
			return err
		}
		c.Signer = k
	}
	if name == "" {
		return nil
	}
	path, err := sessionFile(name)
	if err != nil {
		return err
	}
	if b, err := os.ReadFile(path); err == nil && len(b) < 1<<10 {
		c.Secret = strings.TrimSpace(string(b))
	}
	return nil
}

// sessionFile holds the secret of a profile's session.
func sessionFile(name string) (string, error) {
	dir, err := configDir()
	return filepath.Join(dir, "sessions", name), err
}

// detached says how to come back to a run that goes on.
func (a *app) detached(run string) {
	a.note(a.t("the job goes on without you: the same command comes back to it, and costs nothing more; run "+run, "作业仍在继续：再次运行同一命令即可回到该作业，不另收费；运行 "+run))
}
