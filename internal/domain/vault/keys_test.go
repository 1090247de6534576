package vault

import (
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"glovebox.example/glovebox"
)

func TestOpenRefusesKeysOpenToOthers(t *testing.T) {
	dir, _ := fresh(t)
	for _, c := range []struct {
		path string
		mode os.FileMode
		text string
	}{
		{"keys/domain.age", 0o640, "is open to others than its owner (mode 0640) (run: chmod 600 '" + dir + "/keys/domain.age'"},
		{"keys/master.age", 0o604, "is open to others than its owner (mode 0604)"},
		{"keys/sign.ed25519", 0o620, "is open to others than its owner (mode 0620)"},
		{"keys", 0o750, "is open to others than its owner (mode 0750) (run: chmod 700 '" + dir + "/keys'"},
		{"vault", 0o705, "is open to others than its owner (mode 0705)"},
	} {
		path := filepath.Join(dir, c.path)
		st, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode().Perm()&0o077 != 0 {
			t.Errorf("Init leaves %s with mode %o", c.path, st.Mode().Perm())
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		_, err = Open(dir)
		refused(t, err, glovebox.CodeInvalid, c.text)
		if err := os.Chmod(path, st.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	reopen(t, dir)
}

func TestOpenRefusesBrokenKeys(t *testing.T) {
	dir, _ := fresh(t)
	other, _ := fresh(t)
	old, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := os.ReadFile(filepath.Join(other, "keys/master.age"))
	if err != nil {
		t.Fatal(err)
	}
	sign, err := os.ReadFile(filepath.Join(dir, "keys/sign.ed25519"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, content string }{
		{"domain.age", ""}, {"domain.age", "AGE-SECRET-KEY-PQ-1SECRET\n"}, {"domain.age", old.String() + "\n"},
		{"domain.age", string(make([]byte, maxKeyFile+1))},
		{"master.age", ""}, {"master.age", string(foreign)},
		{"sign.ed25519", ""}, {"sign.ed25519", string(sign) + "x"}, {"sign.ed25519", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"},
	} {
		path := filepath.Join(dir, "keys", c.name)
		was, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = Open(dir)
		refused(t, err, glovebox.CodeInvalid, path+": the key is damaged (restore the keys directory from a backup)")
		if err := os.WriteFile(path, was, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "keys/sign.ed25519")
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	_, err = Open(dir)
	refused(t, err, glovebox.CodeInvalid, "sign.ed25519: is missing")
	if err := os.Symlink(path+".away", path); err != nil {
		t.Fatal(err)
	}
	_, err = Open(dir)
	refused(t, err, glovebox.CodeInvalid, "a link or another kind of file is in its place")
}

func TestInitAndOpenOfOtherDirectories(t *testing.T) {
	dir, _ := fresh(t)
	refused(t, Init(dir), glovebox.CodeConflict, "has keys already")
	_, err := Open(t.TempDir())
	refused(t, err, glovebox.CodeInvalid, "this is not a domain")
	_, err = Open(filepath.Join(t.TempDir(), "nothing"))
	refused(t, err, glovebox.CodeInvalid, "this is not a domain")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, Init(file), glovebox.CodeInvalid, "the directory cannot be made")
	// An Init that was stopped half-way is done again.
	half := t.TempDir()
	if err := os.MkdirAll(filepath.Join(half, newKeysDir, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Init(half); err != nil {
		t.Fatal(err)
	}
	reopen(t, half)
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, text := range []string{"one", "two, longer"} {
		if err := WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil || string(b) != text {
			t.Fatalf("%q, %v", b, err)
		}
	}
	if err := WriteFile(filepath.Join(dir, "missing", "f"), nil); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Error(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
}
