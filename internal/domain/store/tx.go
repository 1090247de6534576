package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
)

// Tx is one transaction. Its methods fail with CodeNotFound for what is not
// there and CodeInternal for what SQLite refuses.
type Tx struct {
	ctx   context.Context
	tx    *sql.Tx
	actor string
	write bool
	now   func() time.Time
	blobs []string       // written, and not yet named by an entry
	kept  []string       // the same of Keep
	seen  Seen           // documents that were asked for
	first map[string]any // goes into the details of the next entry
	each  map[string]any // goes into the details of every entry

	sealer Sealer
}

// put writes the document kind/id, keeps this version of it for good, and records
// the action that changed it, with body as the entry's details (nil: none).
func (t *Tx) put(action, kind, id string, v, body any) error {
	doc, err := Canonical(v)
	if err != nil {
		return err
	}
	_, err = t.tx.ExecContext(t.ctx, `INSERT INTO doc (kind, id, rev, body) VALUES (?, ?, 1, ?)
		ON CONFLICT (kind, id) DO UPDATE SET rev = rev + 1, body = excluded.body`, kind, id, string(doc))
	if err != nil {
		return t.failed("write "+kind, err)
	}
	state := glovebox.Digest(doc)
	if err := t.keep(state, doc); err != nil {
		return err
	}
	_, err = t.record(action, subject(kind, id), state, body)
	return err
}

// Record adds an entry about what is no document.
func (t *Tx) Record(action, subject string, body any) error {
	_, err := t.record(action, subject, "", body)
	return err
}

// record appends to the outbox and returns the entry's sequence number.
func (t *Tx) record(action, subject, state string, body any) (int64, error) {
	var last sql.NullInt64
	var entry []byte
	err := t.tx.QueryRowContext(t.ctx, `SELECT seq, entry FROM outbox ORDER BY seq DESC LIMIT 1`).Scan(&last, &entry)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, t.failed("read the outbox", err)
	}
	at := t.now().UTC().Format(audit.TimeLayout)
	if last.Valid {
		// The log's time never runs backwards, whatever the host's clock does.
		prev, err := audit.DecodeEntry(entry)
		if err != nil {
			return 0, t.failed("read the outbox", err)
		}
		at = max(at, prev.Time)
	}
	e := audit.Entry{Seq: uint64(last.Int64) + 1, Time: at, Actor: t.actor, Action: action, Subject: subject, State: state}
	if e.Body, err = t.details(body); err != nil {
		return 0, err
	}
	data, err := e.Encode()
	if err != nil {
		return 0, err
	}
	if _, err := t.tx.ExecContext(t.ctx, `INSERT INTO outbox (seq, subject, action, entry) VALUES (?, ?, ?, ?)`, int64(e.Seq), subject, action, data); err != nil {
		return 0, t.failed("write the outbox", err)
	}
	return int64(e.Seq), nil
}

// details is the body of an entry: what the caller gives (nil: nothing), what
// every entry of the transaction carries and, as "blobs" and "kept", the
// digests of bytes that were written since the entry before.
func (t *Tx) details(body any) ([]byte, error) {
	more := maps.Clone(t.each)
	if more == nil {
		more = map[string]any{}
	}
	maps.Copy(more, t.first)
	if len(t.blobs) > 0 {
		more["blobs"] = t.blobs
	}
	if nonce, ok := t.first["act_nonce"].(string); ok {
		t.Follow(nonce)
	}
	if len(t.kept) > 0 {
		more["kept"] = t.kept
	}
	t.first, t.blobs, t.kept = nil, nil, nil
	if body == nil && len(more) == 0 {
		return nil, nil
	}
	members := map[string]json.RawMessage{}
	if body != nil {
		raw, err := Canonical(body)
		if err != nil || len(more) == 0 {
			return raw, err
		}
		if err := json.Unmarshal(raw, &members); err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "an entry's details are not an object")
		}
	}
	for name, v := range more {
		if _, taken := members[name]; taken {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "an entry's details have %s of their own", name)
		}
		raw, err := Canonical(v)
		if err != nil {
			return nil, err
		}
		members[name] = raw
	}
	return Canonical(members)
}

// PutBlob keeps bytes under their digest. The next entry of the transaction
// names them; without one the transaction fails.
func (t *Tx) PutBlob(data []byte) (string, error) {
	d := glovebox.Digest(data)
	_, err := t.tx.ExecContext(t.ctx, `INSERT INTO blob (digest, data) VALUES (?, ?) ON CONFLICT DO NOTHING`, d, data)
	if err != nil {
		return "", t.failed("write bytes", err)
	}
	t.blobs = append(t.blobs, d)
	return d, nil
}

// Blob returns the bytes of a digest, checked against it.
func (t *Tx) Blob(name string) ([]byte, error) {
	var data []byte
	err := t.tx.QueryRowContext(t.ctx, `SELECT data FROM blob WHERE digest = ?`, name).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "no bytes %s in this domain", name)
	}
	if err != nil {
		return nil, t.failed("read bytes", err)
	}
	if glovebox.Digest(data) != name {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the bytes kept as %s are not those bytes", name).WithFix("run `glovebox audit verify`")
	}
	return data, nil
}

func (t *Tx) failed(what string, err error) error {
	return glovebox.Errorf(glovebox.CodeInternal, "the domain database failed to %s", what).Because(err)
}

// Canonical is the JSON that documents and entries are kept and hashed as:
// object keys sorted, no white space, no HTML escapes.
func Canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a document cannot be encoded").Because(err)
	}
	var tree any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a document cannot be encoded").Because(err)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(tree); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a document cannot be encoded").Because(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func decode(kind, id string, body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "%s %q in the domain database is damaged", kind, id).WithFix("run `glovebox audit verify`")
	}
	return nil
}
