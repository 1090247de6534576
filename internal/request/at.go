package request

import "glovebox.example/glovebox"

// At is the same request at another price: its job and its mode are of its own,
// everything else is r's, which has to outlive it. It fails with CodeInvalid
// where the price buys no noise, or where the table would not fit a bundle.
func (r *Request) At(price glovebox.ReleaseDef) (*Request, error) {
	x, doc := *r, *r.Job
	doc.Release, doc.Output.Select = price, r.selects // by the default of this price
	x.Job = &doc
	var err error
	if x.Mode, err = modes()[doc.Mode].plan(&x); err == nil {
		err = x.fitsBundle()
	}
	return &x, inFile(err, r.Name)
}
