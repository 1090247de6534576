package store

import (
	"database/sql"
	"errors"

	"glovebox.example/glovebox"
)

// Sign gives the transaction a signed act: its envelope and its nonce go into
// the details of the next entry, and those that follow name the nonce. The
// database refuses a second entry with that nonce.
func (t *Tx) Sign(nonce string, envelope any) {
	t.first = map[string]any{"act": envelope, "act_nonce": nonce}
}

// Follow makes every entry that follows name the act that it follows from.
func (t *Tx) Follow(nonce string) { t.each = map[string]any{"by_act": nonce} }

// Used says whether an act of this nonce was taken.
func (t *Tx) Used(nonce string) (bool, error) {
	var n int
	err := t.tx.QueryRowContext(t.ctx, `SELECT count(*) FROM outbox WHERE json_extract(CAST(entry AS TEXT), '$.body.act_nonce') = ?`, nonce).Scan(&n)
	if err != nil {
		return false, t.failed("look for a nonce", err)
	}
	return n > 0, nil
}

// unsaid fails where an act was signed for a change that no entry tells of.
func (t *Tx) unsaid() error {
	if t.first == nil {
		return nil
	}
	return glovebox.Errorf(glovebox.CodeInternal, "an act was signed for a change that no entry tells of")
}

// SignedFor is the envelope of the act that the newest entry of that action about
// a subject carries or follows from; nil where there is none.
func (t *Tx) SignedFor(subject, action string) ([]byte, error) {
	var envelope sql.NullString
	err := t.tx.QueryRowContext(t.ctx, `SELECT coalesce(json_extract(CAST(e.entry AS TEXT), '$.body.act'),
			(SELECT json_extract(CAST(a.entry AS TEXT), '$.body.act') FROM outbox a
			WHERE json_extract(CAST(a.entry AS TEXT), '$.body.act_nonce') = json_extract(CAST(e.entry AS TEXT), '$.body.by_act')))
		FROM outbox e WHERE e.subject = ? AND e.action = ? ORDER BY e.seq DESC LIMIT 1`, subject, action).Scan(&envelope)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !envelope.Valid {
		return nil, nil
	}
	if err != nil {
		return nil, t.failed("look for an act", err)
	}
	return []byte(envelope.String), nil
}
