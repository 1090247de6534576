package vault

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestRotateIdentity: after a rotation, and after one that stopped at each of its
// steps and was settled, everything is readable with the new identity alone, and
// nothing with the old one.
func TestRotateIdentity(t *testing.T) {
	for _, stop := range []string{"never", "both identities", "some wrapped", "replaced, old left", "link, not replaced"} {
		t.Run(stop, func(t *testing.T) {
			dir, v := fresh(t)
			store(t, v, "d", 1, map[string][]byte{"part-0000.parquet": []byte("rows")})
			if err := v.NewUnitKey("person", 1); err != nil {
				t.Fatal(err)
			}
			unit, err := v.UnitKey("person", 1)
			if err != nil {
				t.Fatal(err)
			}
			if unit.Bytes() == unitKey(t, v, "person").Bytes() {
				t.Error("the second generation is the first")
			}
			file := filepath.Join(dir, keysDir, domainFile)
			before, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			master := v.now.Load().master.Bytes()
			switch stop {
			case "both identities", "some wrapped", "link, not replaced":
				other, _ := fresh(t)
				next, err := os.ReadFile(filepath.Join(other, keysDir, domainFile))
				if err != nil {
					t.Fatal(err)
				}
				if err := WriteFile(file, append(bytes.Clone(next), before...)); err != nil {
					t.Fatal(err)
				}
				v = reopen(t, dir)
				if stop == "some wrapped" {
					sealed, err := encryptSmall(master[:], v.recipient())
					if err != nil {
						t.Fatal(err)
					}
					if err := WriteFile(filepath.Join(dir, keysDir, masterFile), sealed); err != nil {
						t.Fatal(err)
					}
				}
				if stop == "link, not replaced" {
					if err := os.Link(file, file+oldSuffix); err != nil {
						t.Fatal(err)
					}
				}
				reopen(t, dir)
			default:
				if _, err := v.RotateIdentity(); err != nil {
					t.Fatal(err)
				}
				if stop == "replaced, old left" {
					if err := os.WriteFile(file+oldSuffix, before, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			v = reopen(t, dir)
			if err := v.Settle(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Lstat(file + oldSuffix); !os.IsNotExist(err) {
				t.Error("the old identity is left")
			}
			v = reopen(t, dir)
			if n := len(v.now.Load().identities); n != 1 {
				t.Errorf("%d identities", n)
			}
			again, err := v.UnitKey("person", 1)
			if err != nil || again.Bytes() != unit.Bytes() || v.now.Load().master.Bytes() != master {
				t.Errorf("a key changed: %v", err)
			}
			f, err := v.OpenPart("d", 1, "part-0000.parquet")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if got, err := io.ReadAll(f); err != nil || string(got) != "rows" {
				t.Errorf("%q %v", got, err)
			}
			if now, err := os.ReadFile(file); err != nil || bytes.Contains(now, bytes.TrimSpace(before)) {
				t.Error("the old identity is still there")
			}
			if err := os.WriteFile(file, before, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir); err == nil {
				t.Error("the old identity opens the master key")
			}
		})
	}
}
