package engine

import (
	"fmt"
	"slices"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/source"
)

// The vectors of docs/formats/snapshot.md, computed with another program.
func TestTokenVector(t *testing.T) {
	var key [32]byte
	for i := range key {
		key[i] = byte(i)
	}
	if got := tokenOf(key, "11010519491231002X"); got != "4e224c7bcc3148abd5e1b9002b7a5e68" {
		t.Errorf("token %s", got)
	}
	if got := fmt.Sprintf("%016x", newPRF(key).order(append(make([]byte, column.TokenBytes), 0))); got != "98783999a2800770" {
		t.Errorf("row order %s", got)
	}
}

func TestTokensFollowKeysAndSpaces(t *testing.T) {
	// One id in two datasets of a space, as text and as number, with and
	// without white space; the same id in another column.
	text, number := visits(), visits()
	number.Columns = slices.Clone(number.Columns)
	number.Columns[0].Type = glovebox.Int64
	a, b := newVault(), newVault()
	ra := mustLoad(t, text, visitsHeader+"\u3000 12 ,东城,1,,2020-01-01,,12\n", testOptions(a))
	rb := mustLoad(t, number, visitsHeader+"+012,东城,1,,2020-01-01,,\n", testOptions(b))
	got := readAll(t, a, ra.Manifest, PartSpec{Columns: []string{"person", "doctor"}})
	person := tokenOf(testKey, "12")
	doctor := tokenOf(testOptions(a).IdentKey(text.Columns[6]), "12")
	if want := person + "|" + person + "|" + doctor; len(got) != 1 || got[0] != want || person == doctor {
		t.Errorf("got %v, want %s", got, want)
	}
	if got := readAll(t, b, rb.Manifest, PartSpec{}); len(got) != 1 || got[0] != person {
		t.Errorf("as a number: %v, want %s", got, person)
	}
}

func TestFormats(t *testing.T) {
	for format, cases := range map[string]map[string]bool{
		"cn-resident-id": {"11010519491231002X": true, "440524188001010014": true, "11010519491231002x": true, "110105194912310021": false, "11010519490229002X": false, "01010519491231002X": false, "11010519491231002": false, "1101051949123100２X": false, "": false, residentID(7): true, residentID(26880 + 5): true},
		"cn-mobile":      {"13800138000": true, "19912345678": true, "12800138000": false, "1380013800": false, "138001380001": false, "1380013800x": false, "１３８００１３８０００": false},
		"cn-name":        {"张三": true, "欧阳娜娜": true, "阿卜杜拉·买买提": true, "张": false, "张3": false, "·张三": false, "张三·": false, "张··三": false, "Zhang San": false, "": false, "张 三": false, "\xff\xff": false},
		"cn-uscc":        {"91350100M000100Y43": true, "91350100m000100y43": true, "91350100M000100Y44": false, "91350100M000100I43": false, "91350100M000100Y4": false, "9135010ſM000100Y43": false, "": false},
	} {
		for s, want := range cases {
			if got := source.Formats[format](s); got != want {
				t.Errorf("%s %q: %v", format, s, got)
			}
		}
	}
}

func TestKeySet(t *testing.T) {
	seeds := newKeySeeds()
	s := newKeySet()
	for round := range 2 {
		for i := range 100_000 {
			if s.add(seeds.hash(fmt.Append(nil, i))) != (round == 0) {
				t.Fatalf("key %d in round %d", i, round)
			}
		}
	}
}

func TestNamesWithAnotherDotAreOneID(t *testing.T) {
	if a, b := UnitToken(testKey, "cn-name", " 买买提•阿里"), UnitToken(testKey, "cn-name", "买买提·阿里"); a != b {
		t.Error("a name with another dot is another id")
	}
}
