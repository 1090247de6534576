package desk

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/internal/domain"
)

// Data is a product's data in one form, as a file.
type Data struct {
	Product string `json:"product"`
	Release string `json:"release"`
	Form    string `json:"form"`
	Media   string `json:"media"` // its media type
	Name    string `json:"name"`  // of the file
	SHA256  string `json:"sha256"`
	Data    []byte `json:"-"`
}

// lookVersions lists the releases of product ID that whoever asks may take. The
// argument release names one, or newest, whose checksums are told.
func lookVersions(q *question) (any, error) {
	return q.pipeline().Versions(q, *q.u, q.look.ID, q.look.Args["release"])
}

// lookData hands over the data of product ID. Args: form (csv where none is named),
// release (the newest where none is named). It writes the call down.
func lookData(q *question) (any, error) {
	form, err := bundle.ParseForm(q.look.Args["form"])
	if err != nil {
		return nil, err
	}
	x, err := q.pipeline().Deliver(q, *q.u, q.look.ID, q.look.Args["release"], form)
	if err != nil {
		return nil, err
	}
	return &Data{Product: x.Product, Release: x.Release, Form: string(x.Form), Media: x.Form.Media(), Name: x.Name, SHA256: x.SHA256, Data: x.Data}, nil
}

// lookCalls is the call log of a day: of all products for those who read the log,
// of those of their scenarios for operators. Args: day (today where none is named),
// product.
func lookCalls(q *question) (any, error) {
	v, err := q.viewer()
	if err != nil {
		return nil, err
	}
	all, err := q.d.AllProducts(q)
	if err != nil {
		return nil, err
	}
	scenarios, err := q.d.Scenarios(q)
	if err != nil {
		return nil, err
	}
	operates := map[string]bool{}
	for _, s := range scenarios {
		operates[s.Code] = s.Operator == q.u.Name
	}
	mine := map[string]bool{}
	for _, p := range all {
		mine[p.Code] = v.Log() || operates[p.Scenario]
	}
	only := q.look.Args["product"]
	if only != "" && !mine[only] || len(mine) == 0 && !v.Log() {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "product %q has no call log that you may read", only).WithFix("its operator, the authority and auditors read it")
	}
	var day *domain.CallDay
	day, err = q.d.CallsOf(q, q.look.Args["day"], func(code string) bool { return mine[code] && (only == "" || only == code) })
	return day, err
}
