package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// gbDigest is of gbLines: the whole code space. It was compared with Python's
// codec (first edition) and glibc's iconv (2005 edition with later characters);
// what differs from them is in TestGB18030AgainstOthers.
const gbDigest = "ace4dcf9644db1bf64d79c808ecc0bd5e1b939ecd282a43d6c8820b8781850f5"

// gbLines lists, once, every two-byte and four-byte code that has a character, in
// order, as "CODE CHARACTER" in hexadecimal.
var gbLines = sync.OnceValue(func() (lines []string) {
	g := gbDecoder{t: gbCodes()}
	add := func(code ...byte) {
		if r, n := g.decode(code); n == len(code) && r != utf8.RuneError || r == utf8.RuneError && n == 4 {
			lines = append(lines, fmt.Sprintf("%X %X", code, r))
		}
	}
	for a := 0x81; a <= 0xFE; a++ {
		for b := range 256 {
			add(byte(a), byte(b))
		}
	}
	for a := 0x81; a <= 0xFE; a++ {
		for b := byte('0'); b <= '9'; b++ {
			for c := 0x81; c <= 0xFE; c++ {
				for d := byte('0'); d <= '9'; d++ {
					add(byte(a), b, byte(c), d)
				}
			}
		}
	}
	return lines
})

func TestGB18030WholeCodeSpace(t *testing.T) {
	lines := gbLines()
	if want := gbTwo + gbFour + 1<<20; len(lines) != want {
		t.Errorf("%d codes have a character, not %d", len(lines), want)
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	if got := hex.EncodeToString(sum[:]); got != gbDigest {
		t.Errorf("the table has digest %s", got)
	}
	// Each character has one code, but for those that moved, whose old codes stay.
	codes := map[string]int{}
	for _, l := range lines {
		codes[l[strings.IndexByte(l, ' ')+1:]]++
	}
	if want := 0x110000 - 0x80 - 2048 - 18; len(codes) != want {
		t.Errorf("%d characters, not %d", len(codes), want)
	}
}

// gbOthers are independent decoders: what prints their character for every
// code, and where editions differ, by code: what they may say instead, where ""
// is nothing. Newer versions of them may say what is said here.
var gbOthers = map[string]struct {
	command []string
	differ  map[string][]string
}{
	// The first edition: the 18 characters of 2022 and the one of 2005 are private.
	"python": {[]string{"python3", "-c", `
import sys
for l in sys.stdin.buffer.read().split():
    print("%X" % ord(bytes.fromhex(l.decode()).decode("gb18030")))`}, gbDiffer(map[string]string{"A8BC": "E7C7", "8135F437": "1E3F"})},
	// The 2005 edition, which has what 2022 moved in the two-byte codes already and
	// nothing in their four-byte codes, and six characters of extension B by their
	// two-byte codes, for which the standard keeps private ones.
	"iconv": {[]string{"iconv", "-c", "-f", "GB18030", "-t", "UTF-32BE"}, gbDiffer(map[string]string{
		"FE51": "20087", "FE52": "20089", "FE53": "200CC", "FE6C": "215D7", "FE76": "2298F", "FE91": "241FE",
	})},
}

// gbDiffer adds what 2022 moved: the two-byte codes were private, and their
// four-byte codes may be nothing, or private by the letter of the standard.
func gbDiffer(more map[string]string) map[string][]string {
	out := map[string][]string{}
	for code, r := range more {
		out[code] = []string{r}
	}
	for i, r := range []string{"E81E", "E826", "E82B", "E82C", "E832", "E843", "E854", "E864"} {
		out[[]string{"FE59", "FE61", "FE66", "FE67", "FE6D", "FE7E", "FE90", "FEA0"}[i]] = []string{r}
		out[[]string{"82359037", "82359038", "82359039", "82359130", "82359131", "82359132", "82359133", "82359134"}[i]] = []string{r, ""}
	}
	for i, r := range []string{"E78D", "E78F", "E78E", "E790", "E791", "E792", "E793", "E794", "E795", "E796"} {
		out[[]string{"A6D9", "A6DB", "A6DA", "A6DC", "A6DD", "A6DE", "A6DF", "A6EC", "A6ED", "A6F3"}[i]] = []string{r}
		out[[]string{"84318236", "84318237", "84318238", "84318239", "84318330", "84318331", "84318332", "84318333", "84318334", "84318335"}[i]] = []string{r, ""}
	}
	return out
}

func TestGB18030AgainstOthers(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	lines := gbLines()
	for name, o := range gbOthers {
		if _, err := exec.LookPath(o.command[0]); err != nil {
			t.Logf("%s is not here: the digest of TestGB18030WholeCodeSpace stands for it", name)
			continue
		}
		var in bytes.Buffer
		for _, l := range lines {
			code, _, _ := strings.Cut(l, " ")
			if name == "iconv" {
				b, _ := hex.DecodeString(code)
				in.Write(b)
				in.WriteByte('\n')
			} else {
				in.WriteString(code + "\n")
			}
		}
		cmd := exec.Command(o.command[0], o.command[1:]...)
		cmd.Stdin = &in
		out, err := cmd.Output()
		if name == "iconv" { // exits 1 if it left a code out
			var b strings.Builder
			for i := 0; i+4 <= len(out); i += 4 {
				if r := uint32(out[i])<<24 | uint32(out[i+1])<<16 | uint32(out[i+2])<<8 | uint32(out[i+3]); r == '\n' {
					b.WriteByte('\n')
				} else {
					fmt.Fprintf(&b, "%X", r)
				}
			}
			out, err = []byte(b.String()), nil
		}
		theirs := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		if err != nil || len(theirs) != len(lines) {
			t.Fatalf("%s: %d lines for %d, %v", name, len(theirs), len(lines), err)
		}
		wrong := 0
		for i, l := range lines {
			code, ours, _ := strings.Cut(l, " ")
			if theirs[i] != ours && !slices.Contains(o.differ[code], theirs[i]) {
				if wrong++; wrong < 40 {
					t.Errorf("%s: %s is %s here, %q there", name, code, ours, theirs[i])
				}
			}
		}
	}
}

// TestGB18030KeepsWhatFollows: a byte that begins no code takes nothing with it,
// and a code may be cut anywhere.
func TestGB18030KeepsWhatFollows(t *testing.T) {
	for in, want := range map[string]string{
		"\x81,a": "\uFFFD,a", "\x81\n": "\uFFFD\n", "\x81\"": "\uFFFD\"", "\x80,": "\uFFFD,", "\xff,": "\uFFFD,", "\x8130,": "\uFFFD30,", "\x810\x81,": "\uFFFD0\uFFFD,",
		"\x81": "\uFFFD", "\x810": "\uFFFD0", "\x810\x81": "\uFFFD0\uFFFD", "\x810\x810": "\u0080", "\xe32\x9a5": "\U0010FFFF", "\xe32\x9a6": "\uFFFD2\uFFFD6", "\xfe\x59\xaa\xa1\xa6\xd9": "\u9FB4\uE000\uFE10",
		"\x8f0\x810": "\uFFFD0\uFFFD0", "\xa8\xbf": "\u01F9", "\xfe\x9f": "\u4DAE",
	} {
		for _, r := range []io.Reader{strings.NewReader(in), oneByte{strings.NewReader(in)}} {
			got, err := io.ReadAll(transform.NewReader(r, gbDecoder{t: gbCodes()}))
			if err != nil || string(got) != want {
				t.Errorf("%q: %q, not %q, %v", in, got, want, err)
			}
		}
	}
}

// oneByte reads one byte at a time.
type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(len(p), 1)]) }
