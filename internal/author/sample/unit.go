package sample

import (
	"strconv"
	"strings"
	"time"

	"glovebox.example/glovebox"
)

// unit is one sample person or enterprise. What it is depends on seed and
// number alone, so that it is the same in every dataset.
type unit struct {
	seed  uint64
	k     int // 0, 1, ...
	birth time.Time
	male  bool
}

var firstBirth = time.Date(1930, 1, 1, 0, 0, 0, 0, time.UTC)

// birthDays is how many days units are born in: up to the end of 2019.
const birthDays = 90 * 365

// year is the one in which ages are told: a sample must not change with time.
const year = 2025

func newUnit(seed uint64, k int) unit {
	d := roll(seed, "unit", uint64(k))
	return unit{seed: seed, k: k, birth: firstBirth.AddDate(0, 0, d.int(birthDays)), male: d.one(2)}
}

// identifier returns the unit's value of an identifier column; own says that
// the column names the unit itself or something that only it has.
func (u unit) identifier(c glovebox.Column, isUnit bool) string {
	switch c.Format {
	case "cn-resident-id":
		return residentID(u.k, u.birth, u.male)
	case "cn-uscc":
		return creditCode(u.k)
	case "cn-mobile":
		return mobile(u.k)
	case "cn-name":
		return personName(roll(u.seed, "name", uint64(u.k)))
	}
	if c.Type != glovebox.String {
		lo, hi, _ := wholeBounds(c)
		first := max(lo, 1)
		if first+int64(u.k) > hi {
			first = lo
		}
		return strconv.FormatInt(first+int64(u.k), 10)
	}
	// Datasets of a space may call their unit column by different names.
	initial := "s"
	if !isUnit {
		initial = strings.ToLower(c.Name[:1])
	}
	return initial + strconv.Itoa(u.k+1)
}

// known returns what the unit has in a column that speaks of its birth, age or
// sex, by the column's name and title.
func (u unit) known(c glovebox.Column) (text string, ok bool) {
	says := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(strings.ToLower(c.Name), w) || strings.Contains(c.Title.ZH, w) {
				return true
			}
		}
		return false
	}
	whole := c.Type == glovebox.Int32 || c.Type == glovebox.Int64
	switch {
	case c.Type == glovebox.Date && says("birth", "born", "出生"):
		return u.birth.Format(time.DateOnly), true
	case whole && says("birth_year", "birthyear", "year_of_birth", "出生年"):
		return strconv.Itoa(u.birth.Year()), true
	case whole && (c.Name == "age" || c.Title.ZH == "年龄"):
		return strconv.Itoa(year - u.birth.Year()), true
	case len(c.Values) > 0:
		return u.sex(c.Values)
	}
	return "", false
}

// sex returns the one of the values that is the unit's sex, if they name both.
func (u unit) sex(values []string) (string, bool) {
	var man, woman string
	for _, v := range values {
		switch strings.ToLower(v) {
		case "男", "男性", "male", "m":
			man = v
		case "女", "女性", "female", "f":
			woman = v
		}
	}
	if u.male {
		return man, man != "" && woman != ""
	}
	return woman, man != "" && woman != ""
}
