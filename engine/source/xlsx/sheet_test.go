package xlsx

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
	"glovebox.example/glovebox/value"
)

// book is a workbook of parts; those that are not given are the ordinary ones.
func workbook(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	all := map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="r" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="u"><workbookPr/><sheets><sheet name="备案表" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://x/styles" Target="styles.xml"/><Relationship Id="rId3" Type="http://x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`,
		"xl/styles.xml":              `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/><numFmt numFmtId="165" formatCode="000000"/><numFmt numFmtId="166" formatCode="[Red]0.00;[h]"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="22"/><xf numFmtId="166"/><xf numFmtId="20"/></cellXfs></styleSheet>`,
		"xl/sharedStrings.xml":       `<sst><si><t>编号</t></si><si><r><t>还地</t></r><r><t>桥镇</t></r><rPh><t>huan</t></rPh></si><si><t xml:space="preserve"> a_x000A_b &amp; </t></si></sst>`,
	}
	for name, text := range parts {
		all[name] = text
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range all {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sheet(inner string) map[string]string {
	return map[string]string{"xl/worksheets/sheet1.xml": `<worksheet><sheetData>` + inner + `</worksheet>`}
}

// show writes the rows of a sheet as text: kind letter and value of each field.
func show(b []byte, o Options, free int64) (string, error) {
	r, err := Open(bytes.NewReader(b), int64(len(b)), o)
	if err != nil {
		return "", err
	}
	defer r.Close()
	r.Free = free
	var out []string
	for {
		row, err := r.Next()
		if row == nil || err != nil {
			return strings.Join(out, "; "), err
		}
		line := fmt.Sprintf("%d:", row.Line)
		for _, f := range row.Fields {
			switch f.Kind {
			case rows.Missing:
				line += " ."
			case rows.Text:
				line += fmt.Sprintf(" %q", f.Text)
			case rows.Sheet:
				line += fmt.Sprintf(" %g", f.Float)
				if f.Pad > 0 {
					line += fmt.Sprintf("/%d", f.Pad)
				}
			case rows.Time:
				line += " " + strings.ReplaceAll(string(value.AppendDateTime(nil, f.Int)), " ", "T")
			case rows.Bool:
				line += fmt.Sprintf(" b%d", f.Int)
			default:
				line += " ?"
			}
		}
		out = append(out, line)
	}
}

func TestCells(t *testing.T) {
	for _, tt := range []struct{ cells, want string }{
		{`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>`, `1: "编号" . "还地桥镇"`},
		{`<row r="2"><c r="A2" t="s"><v>2</v></c></row>`, `2: " a\nb & "`},
		{`<row><c t="inlineStr"><is><t>x</t></is></c><c t="str"><f>A1&amp;"y"</f><v>y</v></c><c t="b"><v>1</v></c><c t="e"><v>#REF!</v></c></row>`, `1: "x" "y" b1 ?`},
		{`<row><c><v>3066</v></c><c s="3"><v>12</v></c><c s="1"><v>45369</v></c><c s="2"><v>45369</v></c><c s="4"><v>45369.395833333336</v></c><c s="5"><v>2</v></c><c s="6"><v>0.5</v></c></row>`,
			`1: 3066 12/6 2024-03-18T00:00:00 2024-03-18T00:00:00 2024-03-18T09:30:00 2 0.5`},
		{`<row><c><f>A1+1</f></c><c><f>A1</f><v></v></c><c t="str"><f>""</f><v></v></c><c><f>1+1</f><v>2</v></c></row>`, `1: ? ? "" 2`},
		{`<row><c t="d"><v>2024-03-18T09:30:00Z</v></c><c s="1"><v>59</v></c></row>`, `1: 2024-03-18T09:30:00 59`},
		{`<row r="1"><c r="B1" s="1"/></row><row r="3"/><row r="7"><c r="B7"><v>1</v></c></row>`, `7: . 1`},
		{`<row><c t="inlineStr"><is><t>  </t></is></c></row><row r="5"><c><v>1</v></c></row>`, `5: 1`},
	} {
		got, err := show(workbook(t, sheet(tt.cells+"</sheetData>")), Options{}, 0)
		if err != nil || got != tt.want {
			t.Errorf("%s\n gives %s, %v\n want  %s", tt.cells, got, err, tt.want)
		}
	}
	parts := sheet(`<row><c s="1"><v>43907</v></c></row></sheetData>`)
	parts["xl/workbook.xml"] = `<workbook xmlns:r="u"><workbookPr date1904="1"/><sheets><sheet name="x" r:id="rId1"/></sheets></workbook>`
	if got, err := show(workbook(t, parts), Options{}, 0); got != `1: 2024-03-18T00:00:00` {
		t.Errorf("a workbook that counts from 1904: %s, %v", got, err)
	}
}

func TestMerged(t *testing.T) {
	cells := `<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>5</v></c><c r="B2"><v>6</v></c></row><row r="3"><c r="B3"><v>7</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="A2:A3"/></mergeCells>`
	b := workbook(t, sheet(cells))
	if got, err := show(b, Options{Fill: true}, 1); got != "1: 1 1; 2: 5 6; 3: 5 7" || err != nil {
		t.Errorf("filled: %s, %v", got, err)
	}
	got, err := show(b, Options{}, 1)
	if err == nil || !strings.Contains(err.Error(), "row 2") || !strings.Contains(err.(*glovebox.Error).Fix, "merged: fill") || got != "1: 1 ." {
		t.Errorf("refused: %s, %v", got, err)
	}
}

func TestSheets(t *testing.T) {
	parts := sheet(`<row><c><v>1</v></c></row></sheetData>`)
	parts["xl/workbook.xml"] = `<workbook xmlns:r="u"><sheets><sheet name="一月" r:id="rId1"/><sheet name="二月" r:id="rId1"/></sheets></workbook>`
	b := workbook(t, parts)
	if got, err := show(b, Options{Sheet: "二月"}, 0); got != "1: 1" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	for name, want := range map[string]string{"": "2 sheets", "三月": "no sheet of the name"} {
		if _, err := show(b, Options{Sheet: name}, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestHostile: what no spreadsheet program writes is refused, in bounded memory.
func TestHostile(t *testing.T) {
	bomb := strings.Repeat(" ", 128<<20)
	for name, parts := range map[string]map[string]string{
		"no sheet":      {},
		"shared text":   sheet(`<row><c t="s"><v>9</v></c></row></sheetData>`),
		"number":        sheet(`<row><c><v>HIDDEN</v></c></row></sheetData>`),
		"column":        sheet(`<row><c r="XFE1"><v>1</v></c></row></sheetData>`),
		"rows backward": sheet(`<row r="2"><c><v>1</v></c></row><row r="1"><c><v>1</v></c></row></sheetData>`),
		"entity":        {"xl/worksheets/sheet1.xml": `<!DOCTYPE x [<!ENTITY a "HIDDEN">]><worksheet><sheetData><row><c t="str"><v>&a;</v></c></row></sheetData></worksheet>`},
		"long text":     sheet(`<row><c t="str"><v>` + strings.Repeat("x", rows.MaxBytes+1) + `</v></c></row></sheetData>`),
		"bomb":          sheet(bomb + "</sheetData>"),
		"merges":        sheet(`</sheetData><mergeCells><mergeCell ref="B1:A1"/></mergeCells>`),
	} {
		got, err := show(workbook(t, parts), Options{}, 0)
		if glovebox.CodeOf(err) != glovebox.CodeInvalid || strings.Contains(err.Error(), "HIDDEN") {
			t.Errorf("%s: %.100s, %v", name, got, err)
		}
	}
}

func FuzzSheet(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" t="s" s="1"><v>0</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B1"/></mergeCells>`)
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := show(workbook(t, sheet(s)), Options{Fill: len(s)%2 == 0}, 1); err != nil && glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Error(err)
		}
	})
}

// TestPrograms reads what spreadsheet programs wrote.
func TestPrograms(t *testing.T) {
	list, err := filepath.Glob("testdata/*.xlsx")
	if err != nil || len(list) == 0 {
		t.Fatal("no workbooks")
	}
	for _, path := range list {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := show(b, Options{}, 0)
		want := `1: "公民身份号码" "乡镇街道" "月租金(元)" "签约日期" "面积"`
		if err != nil || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %.200s, %v", path, got, err)
		}
	}
}
