package unpack

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"glovebox.example/glovebox"
)

func pack(t testing.TB, how string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var z *zip.Writer
	var err error
	switch how {
	case Gzip:
		w = gzip.NewWriter(&b)
	case Zstd:
		w, err = zstd.NewWriter(&b)
	case Zip:
		z = zip.NewWriter(&b)
		var e io.Writer
		e, err = z.Create("表.csv")
		w = nopCloser{e}
	}
	if err == nil {
		_, err = w.Write(data)
	}
	err = errors.Join(err, w.Close())
	if z != nil {
		err = errors.Join(err, z.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func read(b []byte, how, entry string) ([]byte, error) {
	r, err := Open(bytes.NewReader(b), int64(len(b)), how, entry)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

var hows = []string{Gzip, Zstd, Zip}

func TestOpen(t *testing.T) {
	data := bytes.Repeat([]byte("id,乡镇\n1,还地桥镇\n"), 10_000)
	for _, how := range hows {
		packed := pack(t, how, data)
		got, err := read(packed, how, "")
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes, %v", how, len(got), err)
		}
		for _, cut := range []int{1, 10, len(packed) / 2, len(packed) - 1} {
			if _, err := read(packed[:cut], how, ""); glovebox.CodeOf(err) != glovebox.CodeInvalid {
				t.Errorf("%s cut after %d bytes: %v", how, cut, err)
			}
		}
		for _, other := range hows {
			if other != how {
				if _, err := read(packed, other, ""); glovebox.CodeOf(err) != glovebox.CodeInvalid {
					t.Errorf("%s as %s: %v", how, other, err)
				}
			}
		}
		// A changed byte is found before the end, or changes nothing.
		for at := range packed {
			bad := bytes.Clone(packed)
			bad[at] ^= 0x20
			if got, err := read(bad, how, ""); err == nil && !bytes.Equal(got, data) {
				t.Errorf("%s: byte %d changed gives other data without an error", how, at)
			}
		}
	}
	two := append(pack(t, Gzip, data), pack(t, Gzip, data)...)
	if got, err := read(two, Gzip, ""); err != nil || len(got) != 2*len(data) {
		t.Errorf("two gzip members: %d bytes, %v", len(got), err)
	}
}

// TestBombs: what unpacks to far more than its size is refused while it does.
func TestBombs(t *testing.T) {
	zeros := make([]byte, FreeBytes+64<<20)
	for _, how := range hows {
		packed := pack(t, how, zeros)
		if len(packed)*MaxRatio > 64<<20 {
			t.Fatalf("%s packs zeros to %d bytes: no bomb", how, len(packed))
		}
		r, err := Open(bytes.NewReader(packed), int64(len(packed)), how, "")
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, r)
		if err == nil || !strings.Contains(err.Error(), "times its size") || n > int64(len(zeros)) {
			t.Errorf("%s: %d bytes, %v", how, n, err)
		}
		r.Close()
	}
}

func TestZipEntries(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"2024/a.csv", "2024/b.csv", "__MACOSX/2024/._a.csv"} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := read(b.Bytes(), Zip, "2024/b.csv"); string(got) != "2024/b.csv" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for entry, want := range map[string]string{"": "2 files", "c.csv": "no file of the name"} {
		if _, err := read(b.Bytes(), Zip, entry); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("entry %q: %v", entry, err)
		}
	}
	b.Reset()
	z = zip.NewWriter(&b)
	if _, err := z.CreateHeader(&zip.FileHeader{Name: "a", Flags: 1}); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := read(b.Bytes(), Zip, ""); err == nil || !strings.Contains(err.Error(), "encrypted") {
		t.Errorf("encrypted: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	for _, how := range hows {
		f.Add(pack(f, how, []byte("a,b\n1,2\n")))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, how := range hows {
			r, err := Open(bytes.NewReader(b), int64(len(b)), how, "")
			if err == nil {
				_, err = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
				r.Close()
			}
			if _, ok := errors.AsType[*glovebox.Error](err); err != nil && !ok {
				t.Errorf("%s: a foreign error: %v", how, err)
			}
		}
	})
}
