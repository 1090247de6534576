package privacy

import (
	"fmt"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/declared"
)

// keySpace are the keys that a job's table can have: the declared fields, and
// where they lie in a key's words.
type keySpace struct {
	keys     []glovebox.KeyField // without their lists
	fields   []keyField
	keyWords int
	private  bool
	rows     int    // number of public keys
	free     bool   // any words are a key
	hash     hasher // of keys, in tables
}

// add checks the key fields and gives them their places.
func (s *keySpace) add(keys []glovebox.KeyField, public PublicKeys, names map[string]bool) error {
	s.rows, s.free = 1, true
	if len(keys) > MaxKeyFields {
		return glovebox.Invalid("output.key", "%d fields, at most %d are possible", len(keys), MaxKeyFields)
	}
	for i, k := range keys {
		if err := declared.Name(k.Name, fmt.Sprintf("output.key[%d]", i), names); err != nil {
			return err
		}
		path := "output.key." + k.Name
		f, err := newField(k, path)
		if err != nil {
			return err
		}
		switch {
		case k.Private == (k.Public != nil):
			return glovebox.Invalid(path, "a key field needs exactly one of public and private").
				WithFix("list the values under `public`, or write `private: true`")
		case i > 0 && k.Private != s.private:
			return glovebox.Invalid(path, "public and private keys do not mix")
		}
		s.private = k.Private
		if !k.Private {
			if err := f.addList(k, public, path, s.hash); err != nil {
				return err
			}
			if s.rows *= f.list.len(); s.rows > MaxPublicKeys {
				return glovebox.Invalid("output.key", "the public lists make more than %d keys together", MaxPublicKeys)
			}
		}
		f.at = s.keyWords
		s.keyWords += f.words
		s.free = s.free && k.Private && !f.text
		s.fields = append(s.fields, f)
		k.Public, k.Width = nil, f.width
		s.keys = append(s.keys, k)
	}
	if 8*s.keyWords > MaxKeyBytes {
		return glovebox.Invalid("output.key", "a key takes %d bytes, at most %d are possible", 8*s.keyWords, MaxKeyBytes).
			WithFix("declare narrower widths")
	}
	return nil
}

// Keys returns the key fields without their lists, widths filled in.
func (s *keySpace) Keys() []glovebox.KeyField { return append([]glovebox.KeyField(nil), s.keys...) }

// allowed says whether key may appear in the table.
func (s *keySpace) allowed(key []uint64) bool {
	if s.free {
		return true
	}
	for i := range s.fields {
		f := &s.fields[i]
		if f.list == nil {
			if !f.valid(key) {
				return false
			}
		} else if _, ok := f.list.find(key[f.at : f.at+f.words]); !ok {
			return false
		}
	}
	return true
}

// compare orders keys field by field: numbers by value, text by bytes.
func (s *keySpace) compare(a, b []uint64) int {
	for i := range s.fields {
		if c := s.fields[i].compare(a, b); c != 0 {
			return c
		}
	}
	return 0
}

// encodeDefault puts the key of a default record into words.
func (s *keySpace) encodeDefault(words []uint64, r glovebox.DefaultRecord, path string) error {
	for i := range s.fields {
		f := &s.fields[i]
		at := path + ".key." + f.name
		v, ok := r.Key[f.name]
		if !ok {
			return glovebox.Invalid(at, "is missing").WithFix("give every key field a value")
		}
		v, wrong := f.parse(v)
		if wrong != "" {
			return glovebox.Invalid(at, "the value %s", wrong)
		}
		f.encode(words[f.at:f.at+f.words], v)
		if f.list != nil {
			if _, ok := f.list.find(words[f.at : f.at+f.words]); !ok {
				return glovebox.Invalid(at, "the value is not on the public list")
			}
		}
	}
	if len(r.Key) != len(s.fields) {
		return glovebox.Invalid(path+".key", "names a field that the key does not have")
	}
	return nil
}
