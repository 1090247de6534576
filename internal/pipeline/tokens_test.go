package pipeline

import (
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
)

// TestSnapshotsOfTwoFormatsAreNotJoined: the refusal names the older one.
func TestSnapshotsOfTwoFormatsAreNotJoined(t *testing.T) {
	one := func(code string, format int) *engine.Manifest { return &engine.Manifest{Dataset: code, Format: format} }
	for _, good := range [][]*engine.Manifest{nil, {one("a", 1)}, {one("a", 1), one("b", 1)}, {one("a", 2), one("b", 2)}} {
		if err := sameTokens(good); err != nil {
			t.Error(err)
		}
	}
	err := sameTokens([]*engine.Manifest{one("a", 2), one("b", 1), one("c", 2)})
	if glovebox.CodeOf(err) != glovebox.CodeConflict || err.(*glovebox.Error).Fix != "load b again" {
		t.Error(err)
	}
}
