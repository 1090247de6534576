package verify

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// RotateAction is that of entries that say which key signs from then on. The body
// of one about the signing key holds {"key":"signing","link":{"index":N,
// "from":"name+hash+key","to":"name+hash+key","endorsed":"base64","accepted":
// "base64"}}: both keys signed the same statement, that from the entry N on it is
// the second. The key before signs trees up to N+1 entries, the one after trees of
// N+1 entries and more.
const RotateAction = "domain.rotate"

// Link is where one signing key ends and the next begins.
type Link struct {
	Index    uint64 `json:"index"` // of the entry
	From     string `json:"from"`
	To       string `json:"to"`
	Endorsed string `json:"endorsed"` // signature of the statement by From
	Accepted string `json:"accepted"` // by To
}

// statement is what both keys sign.
func (l *Link) statement(origin string) []byte {
	return []byte("glovebox key v1\n" + origin + "\n" + strconv.FormatUint(l.Index, 10) + "\n" + l.From + "\n" + l.To + "\n")
}

// check says whether both keys are of the origin and signed the link.
func (l *Link) check(origin string) error {
	for _, x := range [][2]string{{l.From, l.Endorsed}, {l.To, l.Accepted}} {
		pub, err := publicOf(x[0], origin)
		if err != nil {
			return err
		}
		sig, err := plain64(x[1])
		if err != nil || !ed25519.Verify(pub, l.statement(origin), sig) {
			return errors.New("a key did not sign it")
		}
	}
	if l.From == l.To {
		return errors.New("the key stays the same")
	}
	return nil
}

// publicOf is the Ed25519 key of a text "name+hash+key" with that name.
func publicOf(vkey, origin string) (ed25519.PublicKey, error) {
	v, err := note.NewVerifier(vkey)
	if err != nil || v.Name() != origin {
		return nil, errors.New("not a key of this log")
	}
	_, rest, _ := strings.Cut(vkey, "+")
	_, key, _ := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != 1 {
		return nil, errors.New("not an Ed25519 key")
	}
	return ed25519.PublicKey(raw[1:]), nil
}

// linkOf is the link that an entry holds; nil: it is about no signing key.
func linkOf(e *Entry) (*Link, error) {
	if e.Action != RotateAction {
		return nil, nil
	}
	var body struct {
		Key  string `json:"key"`
		Link *Link  `json:"link"`
	}
	if err := json.Unmarshal(e.Body, &body); err != nil {
		return nil, errors.New("its body cannot be read")
	}
	if body.Key != "signing" {
		if body.Link != nil {
			return nil, errors.New("it ends a key that it is not about")
		}
		return nil, nil
	}
	if body.Link == nil {
		return nil, errors.New("it ends the signing key and does not say which follows")
	}
	return body.Link, nil
}
