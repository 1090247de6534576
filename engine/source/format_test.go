package source

import (
	"strings"
	"testing"
	"unicode"
)

func TestNames(t *testing.T) {
	for _, good := range []string{
		"王\U00020BB7", "王\U00030EDD", "王\U0002EBF0", "王\U0002EE5D", "王\U00031350", "王\U000323AF", "王\U000323B0", "王\U00033479", "王\u9fff", "王\u4db5", "王\uf900", "王\ufad9", "王\U0002FA1D", "王\U0002B73F", "王\U0002CEAD",
		"王〇", "王䶮", "王\ue000", "王\ue864", "买买提·阿里", "买买提•阿里", "买买提‧阿里", "买买提・阿里", "买买提･阿里", "买买提∙阿里", "买买提⋅阿里", "阿·卜·杜", strings.Repeat("王", 50),
	} {
		if !isName(good) {
			t.Errorf("%+q is no name", good)
		}
	}
	for _, bad := range []string{
		"", "王", "王 五", "王五 ", "Zhang", "王A", "·王五", "王五·", "王··五", "王·•五", "王.五", "王。五", "王⼀", "王⺀", "王々", "王ア", "王\U0003347A", "王\U0002EE5E", "王\uf8ff", "王\ue865", "王\ufffd", "王\xff", "王\ufada", strings.Repeat("王", 51),
	} {
		if isName(bad) {
			t.Errorf("%+q is a name", bad)
		}
	}
	// What this program's own tables know is in the list.
	for r := range rune(unicode.MaxRune) {
		if unicode.Is(unicode.Unified_Ideograph, r) && !isIdeograph(r) {
			t.Errorf("%U is no ideograph", r)
		}
	}
}
