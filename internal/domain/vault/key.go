package vault

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"log/slog"
)

// KeySize is the size of every symmetric key, in bytes.
const KeySize = 32

const redacted = "[redacted]"

// Key is a secret. However it is printed or encoded, also inside another
// value, its bytes do not show.
type Key struct {
	get func() [KeySize]byte // a function: fmt and reflection see an address
}

func newKey(b [KeySize]byte) Key {
	return Key{func() [KeySize]byte { return b }}
}

// Bytes returns the key itself. The zero Key is all zeros.
func (k Key) Bytes() [KeySize]byte {
	if k.get == nil {
		return [KeySize]byte{}
	}
	return k.get()
}

// String returns "[redacted]".
func (k Key) String() string { return redacted }

// GoString returns "[redacted]".
func (k Key) GoString() string { return redacted }

// Format prints "[redacted]" for every verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// MarshalText returns "[redacted]".
func (k Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns "[redacted]".
func (k Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// IdentKey is the key that turns identifiers other than the unit's into
// tokens; purpose names which.
func (v *Vault) IdentKey(purpose string) Key { return v.derive("ident", purpose) }

// ScenarioKey is the key that turns tokens into those that a scenario sees.
func (v *Vault) ScenarioKey(scenario string) Key { return v.derive("scenario", scenario) }

// JobSecret is the key of a job's keyed choices, such as which keys of a unit
// are kept.
func (v *Vault) JobSecret(job string) Key { return v.derive("job", job) }

// derive makes a key of the master key with HKDF-SHA-256 (RFC 5869). Kinds
// hold no NUL, so that no two pairs of kind and name share an info string.
func (v *Vault) derive(kind, name string) Key {
	master := v.now.Load().master.Bytes()
	b, err := hkdf.Key(sha256.New, master[:], nil, "glovebox/v1/"+kind+"\x00"+name, KeySize)
	if err != nil { // only for more than 255 blocks of output
		panic("vault: key derivation: " + err.Error())
	}
	return newKey([KeySize]byte(b))
}
