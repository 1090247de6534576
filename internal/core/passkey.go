package core

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
)

// registerFor is how long a browser may take to make a passkey.
const registerFor = 10 * time.Minute

// assembled is the envelope of an act that a passkey signed in a browser, which
// hands over the act and the passkey's answer: core knows whose passkey that is,
// and nothing is an envelope that its key does not prove.
func (s *Server) assembled(ctx context.Context, q *api.ActRequest) (json.RawMessage, error) {
	if len(q.Passkey) == 0 {
		return q.Envelope, nil
	}
	encoded, err := base64.RawURLEncoding.Strict().DecodeString(q.Act)
	if err != nil || len(q.Envelope) > 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the act of a passkey is not in base64url").WithFix("send the act as it was signed, with the passkey's answer and no envelope")
	}
	a, err := act.Decode(encoded)
	if err != nil {
		return nil, err
	}
	var answer struct {
		RawID string `json:"rawId"`
	}
	if err := json.Unmarshal(q.Passkey, &answer); err != nil || answer.RawID == "" {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "this is not the answer of a passkey").WithFix("ask the passkey again, with a browser that is up to date")
	}
	var k *act.Key
	err = s.d.Store.View(ctx, func(tx *store.Tx) error {
		return domain.Keys.Each(tx, func(_ string, d domain.KeyDoc) error {
			if d.Key.Scheme == act.WebAuthn && d.Key.Credential == answer.RawID {
				k = &d.Key
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	if k == nil {
		return nil, glovebox.Errorf(glovebox.CodeDenied, "the key that signed is not known in this domain").WithFix("hand in its public half: `glovebox user key add`")
	}
	e, err := act.Assertion(a, *k, q.Passkey)
	if err != nil {
		return nil, err
	}
	return e.Encode()
}

// passkeyBegin gives a person who is logged in what a browser needs to make a
// passkey: the site, the person and a challenge of this session.
func (s *Server) passkeyBegin(w http.ResponseWriter, r *http.Request) {
	u, x := s.person(r.Context(), r)
	if u == nil || x.program {
		unknown(w)
		return
	}
	site, err := s.site()
	if err != nil {
		problem(w, err)
		return
	}
	mine, err := s.d.Keys(r.Context(), u.Name)
	if err != nil {
		problem(w, err)
		return
	}
	handle := sha256.Sum256([]byte("glovebox person v1\n" + s.d.Name + "\n" + u.Name))
	out := api.PasskeyRequest{Challenge: s.challenge(x), Site: site, Domain: s.d.Name, User: u.Name, Handle: base64.RawURLEncoding.EncodeToString(handle[:]), Known: []string{}}
	for _, k := range mine {
		if k.Key.Scheme == act.WebAuthn && k.State != domain.KeyRevoked {
			out.Known = append(out.Known, k.Key.Credential)
		}
	}
	reply(w, http.StatusOK, out)
}

// passkeyAdd hands a new passkey in for the person of the session. A second person
// confirms it as any other key: until then it signs nothing.
func (s *Server) passkeyAdd(w http.ResponseWriter, r *http.Request) {
	u, x := s.person(r.Context(), r)
	if u == nil || x.program {
		unknown(w)
		return
	}
	var q api.PasskeyAnswer
	err := body(w, r, &q)
	var site string
	if err == nil {
		site, err = s.site()
	}
	if err != nil {
		problem(w, err)
		return
	}
	challenge, err := base64.RawURLEncoding.Strict().DecodeString(q.Challenge)
	if err != nil || !s.challenged(x, challenge) {
		problem(w, glovebox.Errorf(glovebox.CodeDenied, "this session asked for no such passkey, or too long ago").WithFix("load the page again, and make the passkey once more"))
		return
	}
	k, err := act.ParseRegistration(challenge, site, s.o.Origin, q.Passkey)
	if err != nil {
		problem(w, err)
		return
	}
	k.Label = q.Label
	doc, err := s.d.OfferKey(context.WithoutCancel(r.Context()), u.Name, k, x.Proof)
	if err != nil {
		problem(w, err)
		return
	}
	reply(w, http.StatusOK, doc)
}

// site is the one that passkeys are made for.
func (s *Server) site() (string, error) {
	u, err := url.Parse(s.o.Origin)
	if err != nil || !act.IsOrigin(s.o.Origin) {
		return "", glovebox.Errorf(glovebox.CodeNotFound, "no passkeys are made here").WithFix("whoever runs the core names the address that people open: `glovebox serve --origin URL`")
	}
	return u.Hostname(), nil
}

// challenge is one for a new passkey of this session: what this start of the core
// can know again without remembering it.
func (s *Server) challenge(x *Session) string {
	b := make([]byte, 24, 56)
	_, _ = rand.Read(b[:16])                                                          // never fails: it ends the process instead
	binary.BigEndian.PutUint64(b[16:], uint64(s.o.Now().Add(registerFor).UnixNano())) //nolint:gosec // a time of today
	return base64.RawURLEncoding.EncodeToString(append(b, s.challengeMAC(x, b)...))
}

func (s *Server) challengeMAC(x *Session, head []byte) []byte {
	m := hmac.New(sha256.New, s.secret[:])
	m.Write(append([]byte("passkey\n"+x.ID+"\n"+x.User+"\n"), head...))
	return m.Sum(nil)
}

func (s *Server) challenged(x *Session, b []byte) bool {
	return len(b) == 56 && hmac.Equal(b[24:], s.challengeMAC(x, b[:24])) &&
		!s.o.Now().After(time.Unix(0, int64(binary.BigEndian.Uint64(b[16:24])))) //nolint:gosec // it is ours
}
