package policy

import (
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/rego"
)

// mostPrepared is how many policies are kept compiled. A domain has one; tests,
// replays and comparisons of two have more.
const mostPrepared = 8

// prepared are the compiled policies of this process, by revision, the one used
// last at the end. A revision is the digest of all sources, and a prepared query
// is never changed: who has the same texts may ask the same query.
var prepared struct {
	sync.Mutex
	list []preparedQuery
}

type preparedQuery struct {
	revision string
	query    func() (rego.PreparedEvalQuery, error)
}

// once is make, called once for a revision and when it is first needed. What
// failed is not kept.
func once(revision string, make func() (rego.PreparedEvalQuery, error)) func() (rego.PreparedEvalQuery, error) {
	return sync.OnceValues(func() (rego.PreparedEvalQuery, error) {
		q, err := shared(revision, make)()
		if err != nil {
			forget(revision)
		}
		return q, err
	})
}

// shared is the query of a revision, which waits for who compiles it already.
func shared(revision string, make func() (rego.PreparedEvalQuery, error)) func() (rego.PreparedEvalQuery, error) {
	prepared.Lock()
	defer prepared.Unlock()
	p := preparedQuery{revision, nil}
	if i := slices.IndexFunc(prepared.list, func(p preparedQuery) bool { return p.revision == revision }); i >= 0 {
		p = prepared.list[i]
		prepared.list = slices.Delete(prepared.list, i, i+1)
	} else {
		p.query = sync.OnceValues(make)
	}
	if prepared.list = append(prepared.list, p); len(prepared.list) > mostPrepared {
		prepared.list = slices.Delete(prepared.list, 0, 1)
	}
	return p.query
}

func forget(revision string) {
	prepared.Lock()
	defer prepared.Unlock()
	prepared.list = slices.DeleteFunc(prepared.list, func(p preparedQuery) bool { return p.revision == revision })
}
