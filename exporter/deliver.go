package exporter

import (
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/internal/release"
)

// Deliver takes the content of rel and writes its rows in one form, for somebody
// whom the caller knows and has noted down. As with Export nothing is delivered
// but a release, and each once.
func Deliver(rel *release.Release, form bundle.Form) (bundle.File, error) {
	c, err := rel.Take()
	if err != nil {
		return bundle.File{}, err
	}
	return bundle.Table(c, form)
}
