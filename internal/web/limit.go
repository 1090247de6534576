package web

import (
	"crypto/sha256"
	"net"
	"net/netip"
	"sync"
	"time"
)

// maxBuckets bounds what a limiter remembers; whoever comes beyond them shares
// one bucket.
const maxBuckets = 8192

// limiter gives each key rate requests a second, burst at once. The numbers are
// fixed: they say nothing of the load.
type limiter struct {
	rate, burst float64
	now         func() time.Time

	mu sync.Mutex
	by map[[sha256.Size]byte]*bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// take says whether a request of this key may go on.
func (l *limiter) take(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, k := l.now(), sha256.Sum256([]byte(key))
	b := l.by[k]
	if b == nil {
		if len(l.by) >= maxBuckets {
			for k, b := range l.by {
				if b.left+now.Sub(b.at).Seconds()*l.rate >= l.burst {
					delete(l.by, k) // full again: as if it had never come
				}
			}
		}
		if len(l.by) >= maxBuckets {
			k = [sha256.Size]byte{}
			b = l.by[k]
		}
	}
	if b == nil {
		if l.by == nil {
			l.by = map[[sha256.Size]byte]*bucket{}
		}
		b = &bucket{l.burst, now}
		l.by[k] = b
	}
	b.left, b.at = min(l.burst, b.left+now.Sub(b.at).Seconds()*l.rate), now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// host is whose address it is: one of IPv4, or a network of IPv6.
func host(remote string) string {
	a, err := netip.ParseAddrPort(remote)
	if err != nil {
		return ""
	}
	addr := a.Addr().Unmap()
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}

// bounded is a listener with so many connections at once; others wait in the
// kernel's queue.
type bounded struct {
	net.Listener
	free chan struct{}
}

// Accept implements net.Listener.
func (b *bounded) Accept() (net.Conn, error) {
	b.free <- struct{}{}
	c, err := b.Listener.Accept()
	if err != nil {
		<-b.free
		return nil, err
	}
	return &counted{Conn: c, done: sync.OnceFunc(func() { <-b.free })}, nil
}

type counted struct {
	net.Conn
	done func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	defer c.done()
	return c.Conn.Close()
}
