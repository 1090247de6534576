// Package memexport keeps exports in memory: for tests and for callers that
// hand a bundle on themselves. Nothing outlives the process.
package memexport

import (
	"bytes"
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"sync"

	"glovebox.example/glovebox/exporter/driver"
)

// Memory is a driver.Destination. Its zero value is empty and ready.
type Memory struct {
	mu    sync.Mutex
	files map[string][]byte
}

var _ driver.Destination = (*Memory)(nil)

// Put implements driver.Destination.
func (m *Memory) Put(ctx context.Context, name string, body []byte, sum [sha256.Size]byte) error {
	if err := driver.CheckPut(ctx, name, body, sum); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.files[name]; ok {
		return driver.ErrExist
	}
	if m.files == nil {
		m.files = map[string][]byte{}
	}
	m.files[name] = bytes.Clone(body)
	return nil
}

// Stat implements driver.Destination.
func (m *Memory) Stat(ctx context.Context, name string) (driver.Info, error) {
	if err := driver.CheckName(name); err != nil {
		return driver.Info{}, err
	}
	body, ok := m.Get(name)
	if !ok {
		return driver.Info{}, driver.ErrNotExist
	}
	return driver.Info{Size: int64(len(body)), SHA256: sha256.Sum256(body)}, ctx.Err()
}

// Get returns a copy of a file.
func (m *Memory) Get(name string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	body, ok := m.files[name]
	return bytes.Clone(body), ok
}

// Names returns the names of all files, sorted.
func (m *Memory) Names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.files))
}
