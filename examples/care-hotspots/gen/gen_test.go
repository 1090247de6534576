package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write writes all tables and returns their bytes by name.
func write(t *testing.T, seed uint64, n int) map[string][]byte {
	t.Helper()
	people := newCity(seed, n)
	out := map[string][]byte{}
	for name, fn := range map[string]func(string, []person) error{
		"population": writePopulation, "elderly": writeElderly, "disability": writeDisability, "health": writeHealth, "settlements": writeSettlements,
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := fn(path, people); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = b
	}
	return out
}

func TestSameSeedSameBytes(t *testing.T) {
	one, two, other := write(t, 7, 500), write(t, 7, 500), write(t, 8, 500)
	for name, b := range one {
		if len(b) < 100 {
			t.Errorf("%s has %d bytes", name, len(b))
		}
		if !bytes.Equal(b, two[name]) {
			t.Errorf("%s: the same seed gives other bytes", name)
		}
		if bytes.Equal(b, other[name]) {
			t.Errorf("%s: another seed gives the same bytes", name)
		}
	}
}

// check is the check digit of 17 digits by GB 11643: the weights are powers of
// two modulo 11.
func check(s string) byte {
	sum, weight := 0, 2
	for i := len(s) - 1; i >= 0; i-- {
		sum += weight * int(s[i]-'0')
		weight = weight * 2 % 11
	}
	return "10X98765432"[sum%11]
}

func TestResidentIDsAreValid(t *testing.T) {
	if check("11010519491231002") != 'X' { // the standard's own example
		t.Fatal("the test computes check digits wrongly")
	}
	seen := map[string]bool{}
	for i, p := range newCity(7, 20000) {
		if len(p.id) != 18 || !strings.HasPrefix(p.id, "420281") || p.id[6:14] != p.birth.Format("20060102") {
			t.Fatalf("resident %d: district or birthday", i)
		}
		if (p.id[16]-'0')%2 == 1 != (p.sex == "男") {
			t.Fatalf("resident %d: sex", i)
		}
		if p.id[17] != check(p.id[:17]) {
			t.Fatalf("resident %d: check digit", i)
		}
		if seen[p.id] {
			t.Fatalf("resident %d: a number is there twice", i)
		}
		seen[p.id] = true
	}
}

// TestPeopleFitTheirRecords holds the generator to the bounds in records/.
func TestPeopleFitTheirRecords(t *testing.T) {
	byTownship := map[string]int{}
	for i, p := range newCity(7, 20000) {
		byTownship[p.township]++
		name, age := len([]rune(p.name)), day.Year()-p.birth.Year()
		switch {
		case name < 2 || name > 3, len(p.mobile) != 11, len(p.township) > 24:
			t.Fatalf("resident %d: a text is too short or too long", i)
		case p.birth.Year() < 1900 || p.birth.After(day):
			t.Fatalf("resident %d: birth", i)
		case p.careLevel < 0 || p.careLevel > 3, p.disabilityGrade < 0 || p.disabilityGrade > 4, p.chronic < 0 || p.chronic > 9:
			t.Fatalf("resident %d: a level is out of bounds", i)
		case p.elderly && age < 65, !p.elderly && (p.livesAlone || p.careLevel > 0):
			t.Fatalf("resident %d: elderly", i)
		case (p.disability == "") != (p.disabilityGrade == 0):
			t.Fatalf("resident %d: disability", i)
		case len(p.visits) > 64:
			t.Fatalf("resident %d: %d settlements", i, len(p.visits))
		}
		for _, v := range p.visits {
			if v.amount <= 0 || v.amount > 200000 || v.on.After(day) {
				t.Fatalf("resident %d: a settlement", i)
			}
		}
	}
	for _, town := range townships {
		if byTownship[town.name] == 0 {
			t.Errorf("nobody lives in %s", town.name)
		}
	}
}
