package verify

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/emmansun/gmsm/sm2"
)

const (
	edDSA    = "ed25519"
	webAuthn = "webauthn-es256"
	shangMi  = "sm2-sm3"

	actType   = "application/vnd.glovebox.act+json"
	actPrefix = "glovebox act v1\n"
	maxAct    = 32 << 10
)

// signed is an act as an envelope holds it; nothing says yet that its signature
// is good.
type signed struct {
	payload                                         []byte
	domain, name, subject, state, role, time, nonce string
	params                                          map[string]any
	keyID, scheme                                   string
	sig                                             []byte
}

// readEnvelope reads a DSSE envelope with one signature, and the act in it.
func readEnvelope(v any) (*signed, error) {
	e, err := members(v, "payload", "payloadType", "signatures")
	if err != nil {
		return nil, err
	}
	list, _ := e["signatures"].([]any)
	if e["payloadType"] != actType || len(list) != 1 {
		return nil, errors.New("not an envelope with one signature of an act")
	}
	g, err := members(list[0], "keyid", "scheme", "sig")
	if err != nil {
		return nil, err
	}
	s := &signed{}
	var ok [3]bool
	var sig, payload string
	s.keyID, ok[0] = g["keyid"].(string)
	s.scheme, ok[1] = g["scheme"].(string)
	sig, ok[2] = g["sig"].(string)
	payload, whole := e["payload"].(string)
	if !whole || ok != [3]bool{true, true, true} {
		return nil, errors.New("a member is not a string")
	}
	if s.sig, err = plain64(sig); err != nil {
		return nil, errors.New("a signature that is not in base64")
	}
	if s.payload, err = plain64(payload); err != nil || len(s.payload) > maxAct {
		return nil, errors.New("a payload that is not in base64, or too long")
	}
	return s, s.readAct()
}

// readAct reads the payload, which has to be in canonical form.
func (s *signed) readAct() error {
	v, err := canonical(s.payload)
	if err != nil {
		return err
	}
	m, err := members(v, "act", "domain", "nonce", "params", "role", "state", "subject", "time", "v")
	if err != nil {
		return err
	}
	for name, to := range map[string]*string{"act": &s.name, "domain": &s.domain, "nonce": &s.nonce, "role": &s.role, "state": &s.state, "subject": &s.subject, "time": &s.time} {
		var ok bool
		if *to, ok = m[name].(string); !ok {
			return errors.New("a member that is not a string")
		}
	}
	var ok bool
	if s.params, ok = m["params"].(map[string]any); !ok || m["v"] != json.Number("1") {
		return errors.New("of an unknown version, or without params")
	}
	if b, err := base64.RawURLEncoding.Strict().DecodeString(s.nonce); err != nil || len(b) < 16 || strings.ContainsAny(s.nonce, "\r\n") {
		return errors.New("its nonce is malformed or too short")
	}
	return nil
}

// members is v as an object of exactly these members.
func members(v any, names ...string) (map[string]any, error) {
	m, ok := v.(map[string]any)
	if !ok || len(m) != len(names) {
		return nil, errors.New("not an object of the members that it must have")
	}
	for _, n := range names {
		if _, ok := m[n]; !ok {
			return nil, errors.New("a member is missing")
		}
	}
	return m, nil
}

// canonical reads JSON and accepts the one form of it that the log has.
func canonical(raw []byte) (any, error) {
	bad := errors.New("not in canonical form")
	if !utf8.Valid(raw) || bytes.ContainsRune(raw, utf8.RuneError) {
		return nil, bad
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, errors.New("not JSON")
	}
	if _, err := d.Token(); err != io.EOF || !numbers(v, 0) {
		return nil, bad
	}
	var again bytes.Buffer
	enc := json.NewEncoder(&again)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil || !bytes.Equal(bytes.TrimSuffix(again.Bytes(), []byte("\n")), raw) {
		return nil, bad
	}
	return v, nil
}

// numbers says whether every number in v is in its one form, and v not too deep.
func numbers(v any, depth int) bool {
	switch v := v.(type) {
	case json.Number:
		return number(string(v))
	case map[string]any:
		for _, x := range v {
			if depth == maxDepth || !numbers(x, depth+1) {
				return false
			}
		}
		return depth < maxDepth
	case []any:
		for _, x := range v {
			if depth == maxDepth || !numbers(x, depth+1) {
				return false
			}
		}
		return depth < maxDepth
	}
	return true
}

func number(s string) bool {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return strconv.FormatInt(n, 10) == s
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !strings.ContainsAny(s, ".e") {
		return false
	}
	out, err := json.Marshal(f)
	return err == nil && string(out) == s
}

// verify checks the signature of an act with a key.
func (k *key) verify(s *signed) error {
	if s.scheme != k.scheme {
		return errors.New("another scheme than its key has")
	}
	bad := errors.New("the signature is wrong")
	pae := fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(actType), actType, len(s.payload), s.payload)
	switch p := k.point.(type) {
	case ed25519.PublicKey:
		if !ed25519.Verify(p, pae, s.sig) {
			return bad
		}
	case *ecdsa.PublicKey:
		if k.scheme == webAuthn {
			return k.passkey(p, s)
		}
		if !sm2.VerifyASN1WithSM2(p, nil, pae, s.sig) {
			return bad
		}
	default:
		return bad
	}
	return nil
}

// passkey checks the assertion of a passkey: what the browser says it was asked,
// what the passkey says of its person, and the signature over both.
func (k *key) passkey(pub *ecdsa.PublicKey, s *signed) error {
	v, err := canonical(s.sig)
	if err != nil {
		return err
	}
	m, err := members(v, "authenticator_data", "client_data_json", "signature")
	if err != nil {
		return err
	}
	var part [3][]byte
	for i, name := range []string{"authenticator_data", "client_data_json", "signature"} {
		text, _ := m[name].(string)
		if part[i], err = plain64(text); err != nil {
			return err
		}
	}
	data, client, sig := part[0], part[1], part[2]
	challenge := sha256.Sum256(append([]byte(actPrefix), s.payload...))
	asked, err := once(client)
	if err != nil {
		return err
	}
	_, framed := asked["topOrigin"]
	cross, said := asked["crossOrigin"]
	site := sha256.Sum256([]byte(k.rpID))
	switch {
	case asked["type"] != "webauthn.get":
		return errors.New("the passkey was asked for something else")
	case asked["challenge"] != base64.RawURLEncoding.EncodeToString(challenge[:]):
		return errors.New("the passkey signed another act")
	case asked["origin"] != k.origin:
		return errors.New("the passkey was asked by another page")
	case framed || said && cross != false:
		return errors.New("the passkey was asked from within another page")
	case len(data) != 37 || !bytes.Equal(data[:32], site[:]):
		return errors.New("the passkey signed for another site")
	case data[32]&1 == 0 || data[32]&4 == 0:
		return errors.New("the passkey's person was not there, or not asked who it is")
	}
	h := sha256.Sum256(client)
	digest := sha256.Sum256(append(bytes.Clone(data), h[:]...))
	if !ecdsa.VerifyASN1(pub, digest[:], sig) {
		return errors.New("the signature is wrong")
	}
	return nil
}

// once reads a flat look at a JSON object that others wrote: no name may come
// twice in it, not even in other case.
func once(raw []byte) (map[string]any, error) {
	bad := errors.New("what the browser says is malformed")
	if !utf8.Valid(raw) || len(raw) > maxAct {
		return nil, bad
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, bad
	}
	m, seen := map[string]any{}, map[string]bool{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		folded := strings.ToLower(strings.ToUpper(name)) // ſ is an s, the Kelvin sign a k
		if err != nil || !ok || seen[folded] {
			return nil, bad
		}
		seen[folded] = true
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, bad
		}
		m[name] = v
	}
	if _, err := d.Token(); err != nil {
		return nil, bad
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, bad
	}
	return m, nil
}
