package report

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/text"
)

// head are the lines above the tables.
func head(o *Order, k *Kind, b *book) (title string, lines []string) {
	lines = []string{
		b.say("Domain: ", "域：") + o.Domain,
		b.say("Period: ", "期间：") + b.at(o.From) + b.say(" up to, not including, ", " 至（不含）") + b.at(o.To) + " (" + o.Zone + ")",
		b.say("Made of the first ", "依据日志前 ") + strconv.FormatUint(o.Entries, 10) + b.say(" entries of the log; the last one is ", " 个条目生成；其末条为 ") + o.Last,
	}
	switch {
	case o.Scope.All:
	case o.Scope.Operator != "":
		lines = append(lines, b.say("Of the scenarios of ", "限于该运营人员的应用场景：")+o.Scope.Operator)
	case o.Scope.Provider != "":
		lines = append(lines, b.say("Of the data of ", "限于该单位的数据：")+o.Scope.Provider)
	}
	return b.text(k.Title), lines
}

// render writes a report in its form. Every text is one that can be shown.
func render(o *Order, k *Kind, b *book, all []table) ([]byte, error) {
	token, err := o.token()
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		for _, r := range t.rows {
			for i := range r {
				r[i] = text.Printed(r[i])
			}
		}
	}
	title, lines := head(o, k, b)
	for i := range lines {
		lines[i] = text.Printed(lines[i])
	}
	switch o.Form {
	case "html":
		return asHTML(o, b, title, lines, all, token), nil
	case "csv":
		return asCSV(b, title, lines, all, token)
	case "xlsx":
		return asXLSX(b, title, lines, all, token)
	}
	return asMarkdown(b, title, lines, all, token), nil
}

func (b *book) heads(t *table) []string {
	out := make([]string, len(t.columns))
	for i, c := range t.columns {
		out[i] = b.text(c)
	}
	return out
}

// mdCell keeps a text one cell of a table, and what looks like Markdown or HTML
// a text.
var mdCell = strings.NewReplacer("\\", "\\\\", "|", "\\|", "\n", " ", "\r", " ", "<", "&lt;", ">", "&gt;", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]")

func asMarkdown(b *book, title string, lines []string, all []table, token string) []byte {
	var w bytes.Buffer
	fmt.Fprintf(&w, "# %s\n\n", title)
	for _, l := range lines {
		fmt.Fprintf(&w, "- %s\n", mdCell.Replace(l))
	}
	for i := range all {
		t := &all[i]
		fmt.Fprintf(&w, "\n## %s\n\n", b.text(t.title))
		row := func(cells []string) {
			for _, c := range cells {
				fmt.Fprintf(&w, "| %s ", mdCell.Replace(c))
			}
			w.WriteString("|\n")
		}
		row(b.heads(t))
		w.WriteString(strings.Repeat("|---", len(t.columns)) + "|\n")
		for _, r := range t.rows {
			row(r)
		}
	}
	fmt.Fprintf(&w, "\n<!-- %s -->\n", token)
	return w.Bytes()
}

const style = `@page{size:A4 landscape;margin:12mm}body{font-family:"Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei",sans-serif;font-size:9pt;margin:1em}` +
	`h1{font-size:16pt}h2{font-size:12pt;break-after:avoid}table{border-collapse:collapse;width:100%}th,td{border:1px solid #888;padding:2px 4px;text-align:left;vertical-align:top;overflow-wrap:anywhere}` +
	`thead{display:table-header-group}tr{break-inside:avoid}`

func asHTML(o *Order, b *book, title string, lines []string, all []table, token string) []byte {
	var w bytes.Buffer
	lang := map[string]string{"en": "en", "zh": "zh-CN"}[o.Lang]
	fmt.Fprintf(&w, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n<h1>%s</h1>\n<ul>\n", lang, html.EscapeString(title), style, html.EscapeString(title))
	for _, l := range lines {
		fmt.Fprintf(&w, "<li>%s</li>\n", html.EscapeString(l))
	}
	w.WriteString("</ul>\n")
	for i := range all {
		t := &all[i]
		fmt.Fprintf(&w, "<h2>%s</h2>\n<table>\n<thead><tr>", html.EscapeString(b.text(t.title)))
		for _, c := range b.heads(t) {
			fmt.Fprintf(&w, "<th scope=\"col\">%s</th>", html.EscapeString(c))
		}
		w.WriteString("</tr></thead>\n<tbody>\n")
		for _, r := range t.rows {
			w.WriteString("<tr>")
			for _, c := range r {
				fmt.Fprintf(&w, "<td>%s</td>", html.EscapeString(c))
			}
			w.WriteString("</tr>\n")
		}
		w.WriteString("</tbody>\n</table>\n")
	}
	fmt.Fprintf(&w, "<!-- %s -->\n</body>\n</html>\n", token)
	return w.Bytes()
}

// bom makes spreadsheets read a CSV file as UTF-8.
const bom = "\ufeff"

func asCSV(b *book, title string, lines []string, all []table, token string) ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteString(bom)
	w := csv.NewWriter(&buf)
	rows := [][]string{{title}}
	for _, l := range lines {
		rows = append(rows, []string{l})
	}
	for i := range all {
		t := &all[i]
		rows = append(rows, []string{""}, []string{b.text(t.title)}, b.heads(t))
		rows = append(rows, t.rows...)
	}
	rows = append(rows, []string{""}, []string{token})
	for _, r := range rows {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = text.Cell(c)
		}
		if err := w.Write(cells); err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "a report cannot be encoded").Because(err)
		}
	}
	w.Flush()
	return buf.Bytes(), w.Error()
}

// asXLSX writes the smallest workbook that spreadsheets open: a sheet for what
// the report is and one for each table, all cells as text. Nothing in it is
// compressed and every file has one fixed time, so that the bytes follow from the
// cells alone.
func asXLSX(b *book, title string, lines []string, all []table, token string) ([]byte, error) {
	about := [][]string{{title}}
	for _, l := range lines {
		about = append(about, []string{l})
	}
	sheets := [][][]string{append(about, []string{token})}
	names := []string{b.say("about", "说明")}
	for i := range all {
		t := &all[i]
		sheets = append(sheets, append([][]string{b.heads(t)}, t.rows...))
		names = append(names, strconv.Itoa(i+1)+" "+b.text(t.title))
	}
	const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	const ns = "http://schemas.openxmlformats.org/"
	files := [][2]string{}
	types, book, rels := "", "", ""
	for i, rows := range sheets {
		n := strconv.Itoa(i + 1)
		types += `<Override PartName="/xl/worksheets/sheet` + n + `.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`
		book += `<sheet name="` + html.EscapeString(sheetName(names[i])) + `" sheetId="` + n + `" r:id="rId` + n + `"/>`
		rels += `<Relationship Id="rId` + n + `" Type="` + ns + `officeDocument/2006/relationships/worksheet" Target="worksheets/sheet` + n + `.xml"/>`
		var s strings.Builder
		s.WriteString(xmlHead + `<worksheet xmlns="` + ns + `spreadsheetml/2006/main"><sheetData>`)
		for y, r := range rows {
			fmt.Fprintf(&s, `<row r="%d">`, y+1)
			for _, c := range r {
				s.WriteString(`<c t="inlineStr"><is><t xml:space="preserve">` + html.EscapeString(c) + `</t></is></c>`)
			}
			s.WriteString(`</row>`)
		}
		s.WriteString(`</sheetData></worksheet>`)
		files = append(files, [2]string{"xl/worksheets/sheet" + n + ".xml", s.String()})
	}
	files = append([][2]string{
		{"[Content_Types].xml", xmlHead + `<Types xmlns="` + ns + `package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` + types + `</Types>`},
		{"_rels/.rels", xmlHead + `<Relationships xmlns="` + ns + `package/2006/relationships"><Relationship Id="rId1" Type="` + ns + `officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", xmlHead + `<workbook xmlns="` + ns + `spreadsheetml/2006/main" xmlns:r="` + ns + `officeDocument/2006/relationships"><sheets>` + book + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", xmlHead + `<Relationships xmlns="` + ns + `package/2006/relationships">` + rels + `</Relationships>`},
	}, files...)
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f[0], Method: zip.Store, Modified: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err == nil {
			_, err = w.Write([]byte(f[1]))
		}
		if err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "a report cannot be encoded").Because(err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a report cannot be encoded").Because(err)
	}
	return buf.Bytes(), nil
}

// sheetName is a name that a sheet may have: 31 characters, some not.
func sheetName(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 31 {
		s = string(r[:31])
	}
	return s
}
