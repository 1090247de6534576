package bundle

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

func fuzzContent() *release.Content {
	return &release.Content{ID: "r-1", Columns: []release.Column{{Name: "k", Type: glovebox.String}, {Name: "n", Type: glovebox.Int64}, {Name: "x", Type: glovebox.Float64}},
		Rows: [][]any{{"a", int64(1), 0.5}, {"b", int64(-2), -1e30}, {"", int64(3), 0.0}}}
}

func TestParquetLeavesNoMemory(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	data, err := writeParquet(mem, fuzzContent())
	if err != nil {
		t.Fatal(err)
	}
	if err := compareParquet(data, fuzzContent()); err != nil {
		t.Error(err)
	}
}

// compareParquet sees each way in which a table can differ.
func TestParquetDifferences(t *testing.T) {
	data, err := encodeParquet(fuzzContent())
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*release.Content){
		"k differs from result.json in row 2": func(c *release.Content) { c.Rows[1][0] = "c" },
		"n differs from result.json in row 3": func(c *release.Content) { c.Rows[2][1] = int64(4) },
		"x differs from result.json in row 1": func(c *release.Content) { c.Rows[0][2] = 0.25 },
		"3 rows, result.json has 2":           func(c *release.Content) { c.Rows = c.Rows[:2] },
		"3 columns, result.json has 2":        func(c *release.Content) { c.Columns = c.Columns[:2] },
		"column 0 is not":                     func(c *release.Content) { c.Columns[0].Name = "q" },
		"column 1 is not":                     func(c *release.Content) { c.Columns[1].Type = glovebox.Float64 },
	} {
		c := fuzzContent()
		change(c)
		if err := compareParquet(data, c); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("want %q: %v", what, err)
		}
	}
	large := fuzzContent() // more than one step of the reader
	for range 3000 {
		large.Rows = append(large.Rows, []any{"z", int64(9), 9.0})
	}
	if data, err = encodeParquet(large); err != nil {
		t.Fatal(err)
	}
	if err := compareParquet(data, large); err != nil {
		t.Error(err)
	}
	large.Rows[2500] = []any{"z", int64(9), 9.5}
	if err := compareParquet(data, large); err == nil || !strings.Contains(err.Error(), "row 2501") {
		t.Errorf("a difference far down: %v", err)
	}
}

func FuzzParquet(f *testing.F) {
	c := fuzzContent()
	seed, err := encodeParquet(c)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(seed[:len(seed)-9])
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		// Whatever it is, it is refused or holds what c holds; never a panic,
		// never more memory than its size allows.
		_ = compareParquet(data, c)
	})
}

func FuzzEnvelope(f *testing.F) {
	key := ed25519.NewKeyFromSeed([]byte("a test's key, never a domain's k"))
	pub := key.Public().(ed25519.PublicKey)
	payload := []byte(`{"_type":"x"}`)
	good, err := sign(context.Background(), payload, key, pub)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"payloadType":"application/vnd.in-toto+json","payload":"","signatures":[{"keyid":"","sig":""}]}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, got, err := openEnvelope(data)
		if err != nil {
			return
		}
		if checkEnvelope(context.Background(), e, pub) == nil && !bytes.Equal(got, payload) {
			t.Errorf("another payload is signed: %q", got)
		}
	})
}

func FuzzStatement(f *testing.F) {
	f.Add([]byte(`{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"https://glovebox.invalid/release/v1","predicate":{"v":1}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := DecodeStatement(data)
		if err != nil {
			if glovebox.CodeOf(err) != glovebox.CodeInvalid {
				t.Errorf("code %q: %v", glovebox.CodeOf(err), err)
			}
			return
		}
		if !idForm().MatchString(s.Predicate.Release.ID) || len(s.Subject) != 3 || len(s.Predicate.Files) != 4 {
			t.Errorf("a statement that is none: %+v", s)
		}
	})
}

func FuzzKey(f *testing.F) {
	f.Add("test.example/domain+5dbd96b1+AU9UZ2DZLahGYvT9pvAEuovySIuzubmfP/0+yHlX/JBv")
	f.Fuzz(func(t *testing.T, text string) {
		domain, pub, err := ParseKey(text)
		if err != nil {
			return
		}
		if again, err := EncodeKey(domain, pub); err != nil || again != strings.TrimSpace(text) {
			t.Errorf("%q was read as %q: %v", text, again, err)
		}
	})
}
