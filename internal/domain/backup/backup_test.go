package backup

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"glovebox.example/glovebox"
)

// pair is a recipient with its identity.
func pair(t testing.TB) (*Recipients, *Identities) {
	t.Helper()
	private, public, err := NewPair(time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	to, err := ReadRecipients(public)
	if err != nil {
		t.Fatal(err)
	}
	with, err := ReadIdentities(private)
	if err != nil {
		t.Fatal(err)
	}
	return to, with
}

func head(h Half) Head {
	return Head{Half: h, Domain: "city", Set: strings.Repeat("0f", 16), Taken: "2026-11-21T10:00:01Z", Entries: 3}
}

// TestRoundTrip: what was written comes back, and a file that is cut or changed
// anywhere does not come to its end.
func TestRoundTrip(t *testing.T) {
	to, with := pair(t)
	var file bytes.Buffer
	w, err := NewWriter(&file, to, head(Data))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"domain.json", "domain.db", "log/checkpoint", "policy/more.rego", "vault/snapshots/d/1/part-0000.parquet.age"} {
		if err := w.Add(name, int64(len(name)), strings.NewReader(name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"keys/master.age", "vault/keys/d-1.age", "../domain.db", "/domain.db", "log/../keys/master.age", "cache/audit.db", "vault/snapshots/d/part.age", "policy"} {
		if err := w.Add(name, 1, strings.NewReader("x")); err == nil {
			t.Errorf("%s lies beside the data", name)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := all(file.Bytes(), with, Data)
	if err != nil || len(names) != 5 {
		t.Fatalf("%v %v", names, err)
	}
	if _, err := all(file.Bytes(), with, Keys); err == nil {
		t.Error("data taken for keys")
	}
	for cut := 1; cut < file.Len(); cut += 97 {
		if _, err := all(file.Bytes()[:file.Len()-cut], with, Data); err == nil {
			t.Fatalf("cut by %d bytes", cut)
		}
	}
	for at := 0; at < file.Len(); at += 61 {
		bad := bytes.Clone(file.Bytes())
		bad[at] ^= 1
		if _, err := all(bad, with, Data); err == nil {
			t.Fatalf("byte %d changed", at)
		}
	}
	_, other := pair(t)
	if _, err := all(file.Bytes(), other, Data); glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), "not encrypted to this key") {
		t.Errorf("another key: %v", err)
	}
}

// TestHostileFiles: anybody can encrypt to a public key. No name leads out of the
// directory or into the other half, and nothing but a regular file comes out.
func TestHostileFiles(t *testing.T) {
	to, with := pair(t)
	const good = `{"format":1,"half":"data","domain":"city","set":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","taken":"2026-11-21T10:00:01Z","entries":3}`
	file := func(first string, headers ...tar.Header) []byte {
		var out bytes.Buffer
		enc, err := age.Encrypt(&out, to.list...)
		if err != nil {
			t.Fatal(err)
		}
		w := tar.NewWriter(enc)
		for _, h := range append([]tar.Header{{Name: headFile, Typeflag: tar.TypeReg, Size: int64(len(first))}}, headers...) {
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
			if h.Name == headFile {
				_, err = io.WriteString(w, first)
			} else {
				_, err = w.Write(make([]byte, h.Size))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(w.Close(), enc.Close()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	if names, err := all(file(good, tar.Header{Name: "domain.db", Typeflag: tar.TypeReg, Size: 3}), with, Data); err != nil || len(names) != 1 {
		t.Fatalf("%v %v", names, err)
	}
	for what, data := range map[string][]byte{
		"a link":             file(good, tar.Header{Name: "log/x", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}),
		"a folder":           file(good, tar.Header{Name: "log/x", Typeflag: tar.TypeDir}),
		"a way out":          file(good, tar.Header{Name: "log/../../x", Typeflag: tar.TypeReg}),
		"an absolute name":   file(good, tar.Header{Name: "/log/x", Typeflag: tar.TypeReg}),
		"a key":              file(good, tar.Header{Name: "keys/master.age", Typeflag: tar.TypeReg}),
		"a name twice":       file(good, tar.Header{Name: "log/x", Typeflag: tar.TypeReg}, tar.Header{Name: "log/x", Typeflag: tar.TypeReg}),
		"the head again":     file(good, tar.Header{Name: "log/x", Typeflag: tar.TypeReg}, tar.Header{Name: "domain.json/x", Typeflag: tar.TypeReg}),
		"another format":     file(strings.Replace(good, `"format":1`, `"format":2`, 1)),
		"more in the head":   file(strings.Replace(good, `{`, `{"x":1,`, 1)),
		"no set":             file(strings.Replace(good, "0f0f", "", 1)),
		"a head that is not": file("x"),
	} {
		if _, err := all(data, with, Data); err == nil {
			t.Errorf("%s comes out", what)
		}
	}
}

// TestRecipients: what is no list of public keys is refused.
func TestRecipients(t *testing.T) {
	private, public, err := NewPair(time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"nothing": "", "a comment": "# x\n", "a private key": string(private), "a key twice": string(public) + string(public), "words": "hello\n"} {
		if _, err := ReadRecipients([]byte(text)); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	a, _ := pair(t)
	b, _ := pair(t)
	if a.Shares(b) || !a.Shares(a) {
		t.Error("who shares a key is not known")
	}
}

// FuzzOpen: no bytes of a plaintext make the reader name what does not belong.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("x"))
	to, with := pair(f)
	f.Fuzz(func(t *testing.T, plain []byte) {
		var out bytes.Buffer
		enc, err := age.Encrypt(&out, to.list...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := enc.Write(plain); err != nil {
			t.Fatal(err)
		}
		if err := enc.Close(); err != nil {
			t.Fatal(err)
		}
		names, _ := all(out.Bytes(), with, Data)
		for _, n := range names {
			if !belongs(Data, n) {
				t.Errorf("%q comes out", n)
			}
		}
	})
}

// all reads a file to its end.
func all(file []byte, with *Identities, h Half) (names []string, err error) {
	r, err := Open(bytes.NewReader(file), with, h)
	if err != nil {
		return nil, err
	}
	for {
		name, _, from, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if err == nil {
			_, err = io.Copy(io.Discard, from)
		}
		if err != nil {
			return names, err
		}
		names = append(names, name)
	}
}
