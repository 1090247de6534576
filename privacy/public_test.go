package privacy

import (
	"encoding/json"
	"fmt"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestPlanPublicLists takes values from files and from declarations.
func TestPlanPublicLists(t *testing.T) {
	out := output(1000, keysOf(
		glovebox.KeyField{Name: "town", Type: glovebox.String, Public: "towns.csv"},
		publicKey("year", 2001, int64(-7), uint64(3), 12.0, json.Number("99")),
		glovebox.KeyField{Name: "code", Type: glovebox.Int64, Public: "codes.csv"},
	), unitCount)
	p := check.Must(NewPlan(out, laplace(1, 0), PublicKeys{"town": {"乙", "甲", ""}, "code": {" 5", "-1"}}))
	if p.rows != 30 || p.L0() != 30 || p.RecordBytes() != 32+8+8 {
		t.Errorf("%d rows, L0 %d, records of %d bytes", p.rows, p.L0(), p.RecordBytes())
	}
	table := check.Must(p.Release(p.NewPartial(), check.Must(mechanism.NewSource())))
	var got []string
	for _, r := range table.Rows {
		got = append(got, fmt.Sprint(r.Key))
	}
	if len(got) != 30 || got[0] != "[ -7 -1]" || got[1] != "[ -7 5]" || got[2] != "[ 3 -1]" || got[10] != "[乙 -7 -1]" || got[29] != "[甲 2001 5]" {
		t.Errorf("rows %q", got)
	}
	if out.Key[0].Public != "towns.csv" || out.Key[0].Width != 0 {
		t.Error("the declaration was changed")
	}
}
