package verify

import (
	"bytes"
	"encoding/json"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
)

// A log of one entry, written once by package audit: what was signed then must
// verify for ever.
const (
	fuzzKey        = "test.example/domain+5dbd96b1+AU9UZ2DZLahGYvT9pvAEuovySIuzubmfP/0+yHlX/JBv"
	fuzzLeaf       = "9987d89483aef7ae86171388f23154355740f391ecc75a2ac59dfdd6ff621ac5"
	fuzzRoot       = "mYfYlIOu966GFxOI8jFUNVdA85Hsx1oqxZ391v9iGsU="
	fuzzCheckpoint = "test.example/domain\n1\n" + fuzzRoot + "\n\n— test.example/domain Xb2WsasVgTqsTTYJKFk9as51AM6Od6Meus3g5iCZc2WDgyQ+wvu0WUp4gWyni39To30B84ZbF2VIYq5BDNMd0F07zA0=\n"
	fuzzEntry      = `{"v":1,"seq":1,"time":"2026-11-21T10:00:01Z","actor":"ann","action":"job.admit","subject":"job/1","state":"sha256:5215efa2ea7c0a019e97851bd2c5cd1fb1371560be56e833ebebea4292ceb32c","body":{}}`
)

// Two readers of one format, written apart: whatever the writer's reads, the
// verifier's reads too, and both see the same.
func FuzzEntry(f *testing.F) {
	f.Add([]byte(`{"v":1,"seq":1,"time":"2026-11-21T10:00:00Z","actor":"a","action":"a.b","subject":"a/b","state":"","body":{}}`))
	f.Add([]byte(`{"v":1,"seq":2,"time":"2026-11-21T10:00:00Z","actor":"李","action":"job.charge","subject":"job/1","state":"","body":{"a":[1,1e+21,null,true,{"b":"\u2028<"}],"c":{}}}`))
	f.Add([]byte(`{"v":1,"seq":1,"body":{"b":1,"a":2}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		mine, err := decodeEntry(data)
		theirs, theirErr := audit.DecodeEntry(data)
		if theirErr != nil {
			return
		}
		if err != nil {
			t.Fatalf("the writer reads %q, the verifier does not: %v", data, err)
		}
		if mine.Seq != theirs.Seq || mine.Time != theirs.Time || mine.Actor != theirs.Actor || mine.Action != theirs.Action ||
			mine.Subject != theirs.Subject || mine.State != theirs.State || !bytes.Equal(mine.Body, theirs.Body) {
			t.Errorf("the two read %q differently", data)
		}
	})
}

func FuzzBundle(f *testing.F) {
	f.Add([]byte{0, 1, 'a', 0, 0, 0, 2, 'b', 'c'})
	f.Add([]byte{0, 9, 'a'})
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := splitBundle(data)
		if len(entries) > tileWidth {
			t.Fatalf("%d entries", len(entries))
		}
		if again := joinBundle(entries, len(entries)); err == nil && !bytes.Equal(again, data) {
			t.Errorf("split and joined again: %q, was %q", again, data)
		}
	})
}

func FuzzCheckpoint(f *testing.F) {
	v, err := verifier(fuzzKey)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(fuzzCheckpoint))
	f.Add([]byte("a\n1\n\n— a AAAA\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cp, err := openCheckpoint(data, v)
		if err == nil && (cp.size != 1 || cp.root.String() != fuzzRoot) {
			t.Errorf("a checkpoint of another tree is signed: %d %v", cp.size, cp.root)
		}
	})
}

func quoted(t testing.TB, s string) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func FuzzProof(f *testing.F) {
	good := `{"v":1,"index":0,"size":1,"leaf":"` + fuzzLeaf + `","path":[],"checkpoint":` + quoted(f, fuzzCheckpoint) + `}`
	f.Add([]byte(good), []byte(fuzzEntry))
	f.Add([]byte(`{"v":1,"index":5,"size":9,"leaf":"","path":["00"],"checkpoint":""}`), []byte(`{}`))
	if index, err := Proof([]byte(good), []byte(fuzzEntry), fuzzKey); err != nil || index != 0 {
		f.Fatalf("the good proof fails: %v", err)
	}
	f.Fuzz(func(t *testing.T, proof, entry []byte) {
		_, err := Proof(proof, entry, fuzzKey)
		switch {
		case err == nil && string(entry) != fuzzEntry:
			t.Errorf("proved an entry that is not in the log: %q", entry)
		case err != nil && glovebox.CodeOf(err) != glovebox.CodeInvalid:
			t.Errorf("code %q: %v", glovebox.CodeOf(err), err)
		}
	})
}
