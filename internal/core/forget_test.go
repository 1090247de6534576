package core_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain"
)

// TestForgottenInACopy: after a snapshot is destroyed and after a dataset is
// withdrawn, a copy of the live directory that is taken then opens neither: the
// keys are in it nowhere. What was never destroyed opens in the copy.
func TestForgottenInACopy(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	if _, err := domain.Init(t.Context(), dir, domain.InitOptions{Name: "d", Parts: 2}); err != nil {
		t.Fatal(err)
	}
	d, err := domain.Open(t.Context(), dir, &domain.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.AddUser(t.Context(), domain.OwnerBy(), domain.NewUser{Name: "chen", Role: glovebox.RoleProvider, Org: "Census Office"}); err != nil {
		t.Fatal(err)
	}
	by, err := d.Acting(t.Context(), "chen")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("../../examples/pums/dataset.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := catalog.ParseDataset("dataset.yaml", data)
	if err == nil {
		err = d.AddDataset(t.Context(), by, rec)
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := d.LoadDataset(t.Context(), by, "pums", domain.PathSource("../../examples/pums/pums.csv"), nil); err != nil {
			t.Fatal(err)
		}
	}
	why := domain.Brake{Role: glovebox.RoleProvider, Reason: "a test"}
	if _, err := d.DestroySnapshot(t.Context(), by, "pums", 3, why); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Errorf("the current snapshot was destroyed: %v", err)
	}
	s, err := d.DestroySnapshot(t.Context(), by, "pums", 1, why)
	if err != nil || s.Destroyed == "" {
		t.Fatalf("%+v %v", s, err)
	}
	if _, err := d.RollBack(t.Context(), by, "pums", 1, why); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Errorf("a destroyed snapshot is current again: %v", err)
	}
	opens := func(version int, want bool) {
		t.Helper()
		at := filepath.Join(t.TempDir(), "copy")
		// A file of the log that is being written has its name for a moment only.
		err := fs.ErrNotExist
		for errors.Is(err, fs.ErrNotExist) && t.Context().Err() == nil {
			if err = os.RemoveAll(at); err == nil {
				err = os.CopyFS(at, os.DirFS(dir))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		// The copy has the modes that the vault demands.
		err = filepath.WalkDir(at, func(path string, e os.DirEntry, err error) error {
			if err == nil && e.IsDir() {
				return os.Chmod(path, 0o700)
			}
			if err == nil {
				err = os.Chmod(path, 0o600)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		c, err := domain.Open(t.Context(), at, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Vault.ReadManifest("pums", version); (err == nil) != want {
			t.Errorf("version %d in a copy: %v", version, err)
		}
	}
	opens(1, false)
	opens(2, true)
	if doc, err := d.RollBack(t.Context(), by, "pums", 2, why); err != nil || doc.Snapshot.Version != 2 {
		t.Fatalf("%v", err)
	}
	// The next load is a version of its own, not the one that was gone back from.
	l, err := d.LoadDataset(t.Context(), by, "pums", domain.PathSource("../../examples/pums/pums.csv"), nil)
	if err != nil || l.Snapshot.Version != 4 {
		t.Fatalf("%+v %v", l, err)
	}
	if _, err := d.WithdrawDataset(t.Context(), by, "pums", why); err != nil {
		t.Fatal(err)
	}
	for version := 1; version <= 4; version++ {
		opens(version, false)
	}
	if _, err := d.CancelDataset(t.Context(), by, "pums", why); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Errorf("a dataset that was used was cancelled: %v", err)
	}
	got, err := d.Verify(t.Context())
	if err != nil || len(got.Problems) > 0 {
		t.Errorf("%v %v", got, err)
	}
}
