package pipeline

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/policy"
)

// TestObligationNamesWhatIsNotThere: a mask for a dataset or column that the
// domain does not have masks nothing, so the job is refused, unpaid.
func TestObligationNamesWhatIsNotThere(t *testing.T) {
	const rule = `package glovebox.domain
obligation contains {"kind": "mask", "dataset": "%s", "column": "%s", "mask": {"kind": "suppress"}}
`
	for _, c := range []struct{ dataset, column string }{{"pumps", "income"}, {"PUMS", "income"}, {"pums", "incom"}, {"", "income"}, {"pums", ""}} {
		d, file := pumsDomainUnder(t, fmt.Sprintf(rule, c.dataset, c.column))
		_, err := New(d, nil).Run(t.Context(), submit(file), user(t, d, "wang"))
		var denied *glovebox.DeniedError
		if !errors.As(err, &denied) {
			t.Errorf("%v: %v", c, err)
			continue
		}
		r := denied.Decision.Reasons[0]
		named := strings.Contains(r.Text.EN, c.column) && strings.Contains(r.Text.EN, c.dataset) && strings.Contains(r.Text.ZH, c.column) && strings.Contains(r.Text.ZH, c.dataset)
		if r.Rule != policy.ObligationRule || !named {
			t.Errorf("%v: %+v", c, r)
		}
		if got := balance(t, d, "pums").Spent; got != (glovebox.Amount{}) {
			t.Errorf("%v: a refused job spent %v", c, got)
		}
	}
	// A dataset that the job does not use is no fault.
	d, file := pumsDomainUnder(t, fmt.Sprintf(rule, "other", "income"))
	other := strings.Replace(string(read(t, example+"/dataset.yaml")), "code: pums", "code: other", 1)
	rec, err := catalog.ParseDataset("dataset.yaml", []byte(other))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.AddDataset(t.Context(), user(t, d, "census"), rec); err != nil {
		t.Fatal(err)
	}
	run(t, New(d, nil), file, "wang")
}
