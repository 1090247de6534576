package cli

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/driver"
	"glovebox.example/glovebox/internal/core"
	"glovebox.example/glovebox/internal/desk"
)

// maxPlaces bounds the places of a domain.
const maxPlaces = 64

var placeName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`) })

// places are where exports may go, as --place says it: NAME=DIR, or
// NAME=s3://BUCKET/PREFIX?endpoint=HOST:PORT. Each is opened once, so that what
// can never take an export fails here and not at the first one. What may answer
// later is told and let be.
func (a *app) places(ctx context.Context, flags []string, dir string) (map[string]core.Place, error) {
	if len(flags) > maxPlaces {
		return nil, flagError("--place", "there are more than 64 places", "name fewer")
	}
	all := map[string]core.Place{}
	for _, f := range flags {
		name, where, _ := strings.Cut(f, "=")
		if !placeName().MatchString(name) || where == "" {
			return nil, flagError("--place", "this is not NAME=DIR or NAME=s3://BUCKET/PREFIX?endpoint=HOST:PORT", "write a name of a-z, 0-9, - and _, an equals sign, and the place")
		}
		if _, twice := all[name]; twice {
			return nil, flagError("--place", "two places have one name", "give each its own")
		}
		o, err := placeOf(where)
		if err != nil {
			return nil, err
		}
		if err := a.try(ctx, name, o, dir); err != nil {
			return nil, err
		}
		all[name] = core.Place{To: o.name(), Open: func() (core.Driver, func(), error) { return o.open() }}
	}
	return all, nil
}

// placeOf reads where a place is. A bucket says the rest as a query: endpoint,
// region, ca, retain.
func placeOf(where string) (*destination, error) {
	if !strings.HasPrefix(where, s3Scheme) {
		abs, err := filepath.Abs(where)
		if notPlace().MatchString(where) {
			abs = where // refused when it is opened
		}
		return &destination{to: abs}, err
	}
	bad := flagError("--place", "the bucket's settings are not endpoint, region, ca and retain", "write s3://BUCKET/PREFIX?endpoint=HOST:PORT&region=REGION&ca=FILE&retain=26280h")
	to, query, _ := strings.Cut(where, "?")
	args, err := url.ParseQuery(query)
	if err != nil {
		return nil, bad
	}
	o := &destination{to: to, region: "us-east-1"}
	for k, v := range args {
		if len(v) != 1 {
			return nil, bad
		}
		switch k {
		case "endpoint":
			o.endpoint = v[0]
		case "region":
			o.region = v[0]
		case "ca":
			if o.ca, err = filepath.Abs(v[0]); err != nil {
				return nil, err
			}
		case "retain":
			if o.retain, err = time.ParseDuration(v[0]); err != nil || o.retain < 0 {
				return nil, bad
			}
		default:
			return nil, bad
		}
	}
	return o, nil
}

// probe is a name that no bundle has.
const probe = "glovebox-probe/none"

// try opens a place, and asks it for something that is not there.
func (a *app) try(ctx context.Context, name string, o *destination, dir string) error {
	if !strings.HasPrefix(o.to, s3Scheme) {
		home, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		if in, err := filepath.Rel(home, o.to); err == nil && filepath.IsLocal(in) {
			return flagError("--place", "an export into the domain's own directory", "name a folder outside of it")
		}
	}
	d, closed, err := o.open()
	if err != nil {
		return err
	}
	defer closed()
	_, err = d.Stat(ctx, probe)
	switch {
	case err == nil || errors.Is(err, driver.ErrNotExist):
	case driver.IsTransient(err):
		a.note(a.t("place "+name+" does not answer yet: exports to it fail until it does", "导出位置 "+name+" 尚无应答：在其应答之前导出都会失败"))
		return nil
	default:
		return err
	}
	if strings.HasPrefix(o.to, s3Scheme) {
		return nil
	}
	f, err := os.CreateTemp(o.to, ".glovebox-*")
	if err != nil {
		e := glovebox.Errorf(glovebox.CodeInvalid, "exports cannot be written here").WithFix("name a folder that you may write to")
		e.File = o.to
		return e
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// place is the destination of an export from a server, which has places of its
// own, by name.
func (o *destination) place(c *cobra.Command) (desk.Destination, error) {
	for _, f := range []string{"endpoint", "region", "retain", "ca"} {
		if c.Flags().Changed(f) {
			return desk.Destination{}, flagError("--"+f, "a server exports to places of its own, and knows this of each", "leave it out: `glovebox release places` lists them")
		}
	}
	if o.to == "" {
		return desk.Destination{}, flagError("--to", "no destination given", "name one of `glovebox release places`")
	}
	return desk.Destination{Name: o.to}, nil
}

func (a *app) releasePlaces() *cobra.Command {
	return &cobra.Command{
		Use:   "places",
		Short: a.t("list where a server's exports may go", "列出服务器允许的导出位置"),
		Long: a.t(`List the places that exports of a served domain may go to: whoever runs "glovebox
serve" names them with --place. release export names one of them with --to.
In a domain that is not served there are none, and an export goes where --to says.
Role: operator, authority or auditor; for others the list is empty.`, `列出服务域允许的导出位置：由运行 "glovebox serve" 者用 --place 指定，
release export 以 --to 指明其中之一。非服务域没有这样的位置，导出写到 --to 所指之处。
角色：运营机构、实施机构或审计；其他角色所见为空。`),
		Example: "  glovebox release places --profile liu",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var all []desk.Place
			if err := a.look(c.Context(), desk.Look{Name: "places"}, &all); err != nil {
				return err
			}
			return a.emit(list(all), func() {
				var rows [][]string
				for _, p := range all {
					rows = append(rows, []string{p.Name, p.To})
				}
				table(a.Out, []string{a.t("place", "位置"), a.t("where", "所在")}, rows)
			})
		},
	}
}
