package engine

import (
	"context"
	"sync"
)

// connect gives the slot a connection, and the feed its DuckDB if nothing has
// needed one: a file of plainly sound rows never does.
func (s *slot) connect(ctx context.Context) (err error) {
	f := s.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case s.conn != nil:
	case f.db == nil:
		f.db, s.conn, err = f.open(ctx)
	default:
		s.conn, err = f.db.Connect(ctx)
	}
	return err
}

// query runs the check query over what the slot shows DuckDB.
func (s *slot) query(ctx context.Context) (err error) {
	if err = s.connect(ctx); err == nil {
		s.res, err = s.conn.Query(ctx, s.sql)
	}
	return err
}

// run calls take for every piece, in order, with its checked rows in s.res
// (nil if the piece has none).
func (f *feed) run(ctx context.Context, take func(*slot) error) error {
	ctx, cancel := context.WithCancel(ctx)
	free, work := make(chan *slot, len(f.slots)), make(chan *slot, len(f.slots))
	for _, s := range f.slots {
		free <- s
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(work)
		for more := true; more; {
			var s *slot
			select {
			case <-ctx.Done():
				return
			case s = <-free:
			}
			s.done, s.res = make(chan struct{}), nil
			more, s.err = f.next(s)
			work <- s
			if s.err != nil || s.n == 0 {
				close(s.done)
				more = more && s.err == nil
				continue
			}
			wg.Go(func() {
				defer close(s.done)
				if s.piece != nil {
					if s.err = s.connect(ctx); s.err != nil {
						return
					}
					if s.hide, s.err = s.conn.ViewPiece(s.view, s.piece); s.err != nil {
						return
					}
				}
				if s.rows != nil {
					s.err = s.rows.read(ctx, s)
					return
				}
				if s.mem != nil {
					s.err = s.mem.Put(s.chunk.Data)
				}
				if s.err == nil {
					s.err = s.query(ctx)
				}
			})
		}
	})
	take1 := func(s *slot) error {
		<-s.done
		defer s.free()
		if s.err != nil {
			return s.err
		}
		return take(s)
	}
	var err error
	for s := range work {
		if err != nil {
			<-s.done
			s.free()
			continue
		}
		if err = take1(s); err != nil {
			cancel()
		} else {
			free <- s
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	cancel()
	wg.Wait()
	return err
}

func (s *slot) free() {
	if s.res != nil {
		s.res.Release()
		s.res = nil
	}
	if s.hide != nil {
		s.hide()
		s.hide = nil
	}
	if s.piece != nil {
		s.piece.Release()
		s.piece = nil
	}
}

func (f *feed) close() {
	for _, s := range f.slots {
		if s.conn != nil {
			s.conn.Close()
		}
		if s.mem != nil {
			s.mem.Close()
		}
	}
	if f.db != nil {
		f.db.Close()
	}
	if f.end != nil {
		f.end()
	}
}
