package core_test

import (
	"path/filepath"
	"testing"

	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

// TestLoadsThatAreDue: a dataset that nobody has loaded waits in the inbox of its
// provider, and of nobody else; once it is loaded it waits no more, and says when it
// will.
func TestLoadsThatAreDue(t *testing.T) {
	c := newCity(t)
	c.people()
	file := func(name string) string { return filepath.Join(pums, name) }
	c.must("census", desk.Act{Name: "dataset.add", Params: desk.Params(desk.Document{File: file("dataset.yaml")}), Files: desk.Disk{}}, nil)
	waits := func(who string) (n int) {
		var list []api.Todo
		if err := c.client(who).Look(t.Context(), desk.Look{Name: "inbox"}, &list); err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			if x.Kind == "load" {
				n++
				if x.Subject != "dataset/pums" || x.Due == "" {
					t.Errorf("%+v", x)
				}
			}
		}
		return n
	}
	if a, b := waits("census"), waits("liu"); a != 1 || b != 0 {
		t.Errorf("%d wait for the provider, %d for another", a, b)
	}
	c.must("census", desk.Act{Name: "dataset.load", Subject: "dataset/pums", Params: desk.Params(desk.DatasetLoad{File: file("pums.csv")}), Files: desk.Disk{}}, nil)
	if n := waits("census"); n != 0 {
		t.Errorf("%d wait after the load", n)
	}
	var x domain.DatasetDoc
	if err := c.client("wang").Look(t.Context(), desk.Look{Name: "dataset", ID: "pums"}, &x); err != nil || x.Due == "" || x.Due != x.Record.Due(x.Snapshot.Loaded) {
		t.Errorf("due %q, %v", x.Due, err)
	}
}
