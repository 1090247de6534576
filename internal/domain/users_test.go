package domain

import (
	"strings"
	"testing"
)

// TestUserNameIsAsDocumented: the form in the Words tables of docs/formats.
func TestUserNameIsAsDocumented(t *testing.T) {
	for _, name := range []string{"zhangsan", "张三", "иван", "ünal", "a.b_c·d-9", "买买提·艾力"} {
		if !userName(name) {
			t.Errorf("%q is refused", name)
		}
	}
	for _, name := range []string{"x@y.cn", "Ünal", "9a", "_a", "a b", strings.Repeat("a", 33)} {
		if userName(name) {
			t.Errorf("%q is taken", name)
		}
	}
}
