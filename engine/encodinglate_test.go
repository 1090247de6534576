package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"glovebox.example/glovebox/engine/internal/rowtest"
)

// TestEncodingIsJudgedToTheEnd: a file whose start is ASCII, far beyond what is
// looked at first, is called what its rows are, and never read as other
// characters; a few rows in another encoding are rejects.
func TestEncodingIsJudgedToTheEnd(t *testing.T) {
	rows := func(form, note string, from, to int) string {
		var b strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, form, i, note, i)
		}
		return b.String()
	}
	gb := func(s string) string {
		out, err := simplifiedchinese.GB18030.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	const csv, json = "p%d,%s,%d\n", "{\"id\":\"p%d\",\"note\":\"%s\",\"n\":%d}\n"
	ascii, object := "id,note,n\n"+rows(csv, "plain ascii text", 0, 5000), rows(json, "plain ascii text", 0, 3000)
	for _, q := range []struct{ name, format, encoding, data, want string }{
		{"UTF-8 as GB 18030", "csv", "gb18030", ascii + rows(csv, "张三在北京", 5000, 5400), "the file is text in UTF-8"},
		{"GB 18030 as UTF-8", "csv", "", ascii + gb(rows(csv, "张三在北京", 5000, 11000)), "the file is text in GB 18030"},
		{"GB 18030 as UTF-8 by name", "csv", "utf-8", ascii + gb(rows(csv, "张三在北京", 5000, 11000)), "the file is text in GB 18030"},
		{"GB 18030 as UTF-8 in JSON", "json", "", object + gb(rows(json, "张三在北京", 3000, 6500)), "the file is text in GB 18030"},
		{"GB 18030", "csv", "gb18030", ascii + gb(rows(csv, "张三在北京", 5000, 5400)), ""},
		{"a few rows of GB 18030", "csv", "", ascii + gb(rows(csv, "张三在北京", 5000, 5010)), ""},
	} {
		ds := notes()
		ds.Source.Format, ds.Source.Encoding = q.format, q.encoding
		_, err := Load(context.Background(), ds, rowtest.TempFile(t, []byte(q.data)), testOptions(newVault()))
		if q.want == "" && err != nil || q.want != "" && (err == nil || !strings.Contains(err.Error(), q.want)) {
			t.Errorf("%s: %v", q.name, err)
		}
	}
}
