package store

import (
	"database/sql"
	"slices"
	"strings"
	"sync"
)

// Gists remembers what searches have to know of each document of one kind, its
// gist. The zero value is empty. It adds no right and no knowledge: whoever
// searches could read each document instead.
type Gists[G any] struct {
	mu   sync.Mutex
	upTo int64     // entry of the outbox up to which the gists are of now; 0: never read
	all  []gist[G] // in order of id; replaced, never changed
}

type gist[G any] struct {
	id string
	x  G
}

// Sift calls fn with the gists of the documents of kind k whose id is greater, in
// order of id, for as long as fn says that more are wanted; load reads the document
// itself. A gist is made by of, shared, and not to be changed.
//
// No document changes without an entry about it in the outbox, in the same
// transaction. So what changed since the last search is what newer entries are
// about, and nothing else is read again. A transaction that writes sees what may
// never be committed, and one that began before the last search sees what was:
// both make every gist anew and remember none.
func Sift[T, G any](t *Tx, k Kind[T], g *Gists[G], after string, of func(*T) G, fn func(id string, x G, load func() (*T, error)) (more bool, err error)) error {
	all, err := gists(t, k, g, of)
	if err != nil {
		return err
	}
	from, found := slices.BinarySearchFunc(all, after, func(x gist[G], id string) int { return strings.Compare(x.id, id) })
	if found {
		from++
	}
	for _, x := range all[from:] {
		load := func() (*T, error) {
			v := new(T)
			return v, k.Get(t, x.id, v)
		}
		if more, err := fn(x.id, x.x, load); err != nil || !more {
			return err
		}
	}
	return nil
}

// gists are those of all documents of a kind, as the transaction sees them.
func gists[T, G any](t *Tx, k Kind[T], g *Gists[G], of func(*T) G) ([]gist[G], error) {
	var last int64
	if err := t.tx.QueryRowContext(t.ctx, `SELECT coalesce(max(seq), 0) FROM outbox`).Scan(&last); err != nil {
		return nil, t.failed("read the outbox", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if last == g.upTo && !t.write {
		return g.all, nil
	}
	if t.write || last < g.upTo || g.upTo == 0 {
		var all []gist[G]
		err := k.Each(t, func(id string, v T) error {
			all = append(all, gist[G]{id, of(&v)})
			return nil
		})
		if err == nil && !t.write && g.upTo == 0 {
			g.upTo, g.all = last, all
		}
		return all, err
	}
	changed, err := changedSince(t, string(k), g.upTo)
	if err != nil {
		return nil, err
	}
	all := g.all
	if len(changed) > 0 {
		all = slices.Clone(all)
	}
	for _, id := range changed {
		v, err := k.Find(t, id)
		if err != nil {
			return nil, err
		}
		if v == nil { // an entry about what is not there
			continue
		}
		i, found := slices.BinarySearchFunc(all, id, func(x gist[G], id string) int { return strings.Compare(x.id, id) })
		if !found {
			all = slices.Insert(all, i, gist[G]{id: id})
		}
		all[i].x = of(v)
	}
	g.upTo, g.all = last, all
	return all, nil
}

// changedSince are the ids of the documents of a kind that entries after one are
// about.
func changedSince(t *Tx, kind string, seq int64) (ids []string, err error) {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT DISTINCT subject FROM outbox WHERE seq > ?`, seq)
	if err != nil {
		return nil, t.failed("read the outbox", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s sql.NullString
		if err := rows.Scan(&s); err != nil {
			return nil, t.failed("read the outbox", err)
		}
		if id, ok := strings.CutPrefix(s.String, kind+"/"); ok {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, rows.Err()
}
