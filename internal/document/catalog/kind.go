package catalog

import (
	"embed"
	"sync"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
)

// Kind is a kind of document.
type Kind string

// The kinds of documents. Their fields are listed in docs/formats.
const (
	KindDataset  Kind = "dataset"
	KindScenario Kind = "scenario"
	KindGrant    Kind = "grant"
	KindJob      Kind = "job"
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{KindDataset, KindScenario, KindGrant, KindJob} }

//go:embed schema/*.json
var schemas embed.FS

// Schema returns the published JSON Schema (draft 2020-12) of a kind, nil for
// an unknown one.
func Schema(k Kind) []byte {
	b, err := schemas.ReadFile("schema/" + string(k) + ".json")
	if err != nil {
		return nil
	}
	return b
}

// The schemas, compiled on first use: constants that take a millisecond.
var (
	datasetSchema  = compiled(KindDataset)
	scenarioSchema = compiled(KindScenario)
	grantSchema    = compiled(KindGrant)
	jobSchema      = compiled(KindJob)
)

func schemaOf(k Kind) (*record.Schema, error) {
	switch k {
	case KindDataset:
		return datasetSchema()
	case KindScenario:
		return scenarioSchema()
	case KindGrant:
		return grantSchema()
	}
	return jobSchema()
}

func compiled(k Kind) func() (*record.Schema, error) {
	return sync.OnceValues(func() (*record.Schema, error) { return record.CompileSchema(Schema(k)) })
}

// marks are fields that a document of a kind must have and one of another kind
// cannot.
func marks(k Kind) []string {
	switch k {
	case KindDataset:
		return []string{"columns", "ledger"}
	case KindScenario:
		return []string{"purpose", "needs"}
	case KindGrant:
		return []string{"developers", "until"}
	}
	return []string{"module", "inputs"}
}

// mistaken tells a document that is another kind's: one error instead of one
// for each of its fields.
func mistaken(d *record.Doc, want Kind) error {
	has := func(k Kind) (n int) {
		for _, f := range marks(k) {
			if d.Has(at(f)) {
				n++
			}
		}
		return n
	}
	if has(want) > 0 {
		return nil
	}
	for _, k := range Kinds() {
		if has(k) == len(marks(k)) {
			return (&glovebox.Error{Code: glovebox.CodeInvalid, File: d.File(), Msg: "this is a " + string(k) + ", not a " + string(want)}).
				WithFix("name a file with a %s: docs/formats/%s.md", want, want)
		}
	}
	return nil
}
