package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/proof/testkit/demo"
	"glovebox.example/glovebox/internal/proof/testkit/guest"
)

// TestLookAlikeKeys runs a module that leaves keys which do not show, look like
// others, or are formulas of spreadsheets: the first two kinds are counted for
// their author on sample rows and reach no release and no file of a bundle; the
// last come out, as texts. 600 units leave each key; at rho 20 one is missed with
// a probability below 1e-9.
func TestLookAlikeKeys(t *testing.T) {
	d, dir := staff(t, "input, key")
	good := []string{"degree", "大冶", "=1+1", "-1", "@A1", "＝1", "A股"}
	bad := []string{"a\ufe0f", "葛\U000e0100", "a\u3164", "a\u115f", "a\uffa0", "a\u00a0b", "p\u0430ypal", "\u0441\u043e\u0441", "a\u202eb", "a\u200bb", "a\x1b[2J", "ａ", " =1", "e\u0301", "a\ue000", "a\U000e0041"}
	wasm, err := guest.Keys(slices.Concat(good, bad)...)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "keys.wasm"), string(wasm))
	job := strings.Replace(string(readAll(t, bitsJob(t, dir, "keys", "key: {name: {type: string, width: 24, private: true}}, metrics: {n: {kind: count}}"))), "bits.wasm", "keys.wasm", 1)
	file := put(t, filepath.Join(dir, "keys.yaml"), strings.Replace(job, "max_keys_per_unit: 1", "max_keys_per_unit: 30", 1))

	var sample struct {
		Dropped map[string]int
		Units   []struct{ Dropped map[string]int }
	}
	d.JSON(&sample, "job", "run", file, "--sample", "--units", "5", "--as", "wang")
	total := 0
	for _, n := range sample.Dropped {
		total += n
	}
	if total != 5*len(bad) || len(sample.Units) != 5 || sample.Dropped["holds a character that does not show, or turns the direction of others"] != 5*8 || sample.Units[0].Dropped["is not in normal form NFC"] != 1 {
		t.Errorf("of %d records that are dropped the author is told of %v", 5*len(bad), sample.Dropped)
	}
	for lang, want := range map[string]string{"en": "the text of a key is not in normal form NFC", "zh": "键的文本不是 NFC 规范形式"} {
		if out := d.OK("job", "run", file, "--sample", "--units", "5", "--as", "wang", "--lang", lang); !strings.Contains(out, want) {
			t.Errorf("%s: the author is not told:\n%s", lang, out)
		}
	}

	o := d.Run(file)
	var keys []string
	for _, r := range o.Rows {
		keys = append(keys, r[0].(string))
	}
	slices.Sort(good)
	if slices.Sort(keys); !slices.Equal(keys, good) {
		t.Errorf("the release has the keys %+q", keys)
	}
	id := o.Release.ID
	for _, who := range []string{"zhao", "chen"} {
		d.OK("release", "approve", id, "--as", who)
	}
	d.OK("release", "export", id, "--to", filepath.Join(dir, "out"), "--as", "liu")
	for _, name := range []string{"result.csv", "result.json", "result.parquet", "README.txt", "statement.json", "audit/entry.json"} {
		data := readAll(t, filepath.Join(dir, "out", id, name))
		for _, k := range bad {
			if bytes.Contains(data, []byte(k)) {
				t.Errorf("%s holds %+q", name, k)
			}
		}
	}
	for _, r := range demo.CSV(t, filepath.Join(dir, "out", id, "result.csv")) {
		k := strings.TrimPrefix(r["\ufeffname"], "'")
		if formula := k != "" && strings.ContainsAny(k, "=-@＝"); formula != (k != r["\ufeffname"]) || !slices.Contains(good, k) {
			t.Errorf("result.csv has the key %q", r["\ufeffname"])
		}
		if demo.Int(t, r["n"]) < 500 {
			t.Errorf("result.csv has %s units of %q", r["n"], k)
		}
	}
}

func readAll(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
