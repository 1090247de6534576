package masking

import "strings"

// Forms of texts that a mask knows: their alphabet, lengths and check character.
const (
	FormDigits   = "digits"         // 0-9, of any length
	FormAlnum    = "alnum"          // 0-9 and A-Z, of any length
	FormResident = "cn-resident-id" // GB 11643: 17 digits and a check character
	FormUSCC     = "cn-uscc"        // GB 32100: 17 characters and a check character
	FormMobile   = "cn-mobile"      // 11 digits, the first of them 1
	FormCard     = "bank-card"      // 16 to 19 digits, the last by Luhn
)

// Checks of a masked text whose form has a check character.
const (
	CheckValid   = "valid"
	CheckInvalid = "invalid" // nobody can take it for a real one
)

const (
	decimalDigits = "0123456789"
	upperAlnum    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	usccAlphabet  = "0123456789ABCDEFGHJKLMNPQRTUWXY" // GB 32100: no I, O, S, V, Z
)

// form is how texts of a form are built.
type form struct {
	alphabet string
	place    [256]int8 // of a character in the alphabet; -1: none
	least    int       // bytes
	most     int
	fixed    int                    // characters at the start that never change
	check    func(body []byte) byte // the check character of the others; nil: there is none
	checks   string                 // those that there are
}

var forms = map[string]*form{
	FormDigits:   newForm(decimalDigits, 1, 4096, 0, "", nil),
	FormAlnum:    newForm(upperAlnum, 1, 4096, 0, "", nil),
	FormResident: newForm(decimalDigits, 18, 18, 0, "0123456789X", residentCheck),
	FormUSCC:     newForm(usccAlphabet, 18, 18, 0, usccAlphabet, usccCheck),
	FormMobile:   newForm(decimalDigits, 11, 11, 1, "", nil),
	FormCard:     newForm(decimalDigits, 16, 19, 0, decimalDigits, luhnCheck),
}

func newForm(alphabet string, least, most, fixed int, checks string, check func([]byte) byte) *form {
	f := &form{alphabet: alphabet, least: least, most: most, fixed: fixed, check: check, checks: checks}
	for i := range f.place {
		f.place[i] = int8(strings.IndexByte(alphabet, byte(i)))
	}
	return f
}

// body is the text without its check character, its letters made capital ones in
// place; false if the text is not of the form.
func (f *form) body(s []byte) ([]byte, bool) {
	if len(s) < f.least || len(s) > f.most {
		return nil, false
	}
	for i, c := range s {
		if c >= 'a' && c <= 'z' {
			s[i] = c - 'a' + 'A'
		}
	}
	b := s
	if f.check != nil {
		b = s[:len(s)-1]
	}
	for _, c := range b {
		if f.place[c] < 0 {
			return nil, false
		}
	}
	return b, f.check == nil || f.check(b) == s[len(s)-1]
}

// closed appends the check character of a body: the right one, or the next.
func (f *form) closed(body []byte, from int, check string) []byte {
	if f.check == nil {
		return body
	}
	c := f.check(body[from:])
	if check == CheckInvalid {
		c = f.checks[(strings.IndexByte(f.checks, c)+1)%len(f.checks)]
	}
	return append(body, c)
}

// residentCheck is by ISO 7064 MOD 11-2.
func residentCheck(b []byte) byte {
	sum := 0
	for i, w := range residentWeights {
		sum += int(b[i]-'0') * w
	}
	return "10X98765432"[sum%11]
}

var residentWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

// usccCheck is by GB 32100.
func usccCheck(b []byte) byte {
	sum, weight := 0, 1
	for _, c := range b {
		sum += strings.IndexByte(usccAlphabet, c) * weight
		weight = weight * 3 % 31
	}
	return usccAlphabet[(31-sum%31)%31]
}

// luhnCheck is by ISO/IEC 7812.
func luhnCheck(b []byte) byte {
	sum := 0
	for i := range b {
		d := int(b[len(b)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}
