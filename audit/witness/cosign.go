package witness

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"glovebox.example/glovebox/audit/verify"
)

// Why a checkpoint is not signed. Each is a status of the protocol.
var (
	errMalformed = errors.New("malformed request")                             // 400
	errUnknown   = errors.New("unknown log")                                   // 404
	errUnsigned  = errors.New("no signature of a key that holds")              // 403
	errSize      = errors.New("not the size that was signed last")             // 409, with that size
	errFork      = errors.New("another root at the size that was signed last") // 409
	errProof     = errors.New("the proof does not show that the log grew")     // 422
)

// maxRequest bounds a request: a size, 63 hashes and a checkpoint.
const maxRequest = 8<<10 + maxCheckpoint

// request is what add-checkpoint is asked.
type request struct {
	old    uint64
	proof  []string
	note   []byte
	origin string
}

// parse reads the body of a request.
func parse(body []byte) (*request, error) {
	head, msg, ok := bytes.Cut(body, []byte("\n\n"))
	if !ok || len(body) > maxRequest || len(msg) > maxCheckpoint {
		return nil, errMalformed
	}
	lines := strings.Split(string(head), "\n")
	size, ok := strings.CutPrefix(lines[0], "old ")
	n, err := strconv.ParseUint(size, 10, 63)
	if !ok || err != nil || strconv.FormatUint(n, 10) != size || len(lines)-1 > verify.MaxConsistency {
		return nil, errMalformed
	}
	for _, l := range lines[1:] {
		if b, err := base64.StdEncoding.Strict().DecodeString(l); err != nil || len(b) != 32 {
			return nil, errMalformed
		}
	}
	origin, _, ok := strings.Cut(string(msg), "\n")
	if !ok || origin == "" {
		return nil, errMalformed
	}
	return &request{old: n, proof: lines[1:], note: msg, origin: origin}, nil
}

// cosign does what add-checkpoint asks: it returns the line of the cosignature,
// or one of the errors above, errSize with the size that was signed last.
func (w *Witness) cosign(r *request) (line []byte, last uint64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	keys, seen, err := w.seen(r.origin)
	switch {
	case err != nil:
		return nil, 0, err
	case keys == "":
		return nil, 0, errUnknown
	}
	now, err := verify.ReadHead(r.note, keys)
	if err != nil {
		return nil, 0, errUnsigned
	}
	if r.old > now.Size {
		return nil, 0, errMalformed
	}
	if seen != nil {
		last = seen.Size
	}
	// Whatever size the request names: two roots of one size that the domain
	// signed prove a fork on their own.
	if seen != nil && now.Size == last && now.Root != seen.Root {
		return nil, 0, errors.Join(errFork, w.keep(r.origin, now))
	}
	if r.old != last {
		return nil, last, errSize
	}
	if seen == nil {
		if len(r.proof) > 0 {
			return nil, 0, errProof
		}
	} else if err := now.Follows(seen, r.proof); err != nil {
		return nil, 0, errProof
	}
	cut := bytes.LastIndex(r.note, []byte("\n\n")) // there is one: the note was read
	signed, sigs := r.note[:cut+1], r.note[cut+2:]
	sig, err := w.signer.Sign(signed)
	if err != nil {
		return nil, 0, err
	}
	line = fmt.Appendf(nil, "— %s %s\n", w.signer.Name(), base64.StdEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, w.signer.KeyHash()), sig...)))
	all := bytes.Join([][]byte{signed, []byte("\n"), ownLines(sigs, now.Signer), line}, nil)
	if err := put(filepath.Join(w.at(r.origin), seenName), all, 0o600); err != nil {
		return nil, 0, unwritten(w.dir, err)
	}
	return line, 0, nil
}

// ownLines are the signature lines of the log's own key, which is all of a note
// that a witness keeps: what others wrote there it has not checked.
func ownLines(sigs []byte, vkey string) []byte {
	name, rest, _ := strings.Cut(vkey, "+")
	hash, _, _ := strings.Cut(rest, "+")
	for _, l := range bytes.SplitAfter(sigs, []byte("\n")) {
		sig, ok := bytes.CutPrefix(bytes.TrimSuffix(l, []byte("\n")), []byte("— "+name+" "))
		if !ok {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(string(sig))
		if err == nil && len(raw) > 4 && fmt.Sprintf("%08x", raw[:4]) == hash {
			return l // one: package note reads the first alone
		}
	}
	return nil
}

// keep keeps the first checkpoint of a log that contradicts what was signed; the
// caller holds mu.
func (w *Witness) keep(origin string, h *verify.Head) error {
	path := filepath.Join(w.at(origin), badName)
	if _, err := get(path, maxCheckpoint); err == nil {
		return nil
	}
	return put(path, h.Note, 0o600)
}
