package access

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// BindingID is the name of what an account is bound by: one for each issuer and
// subject.
func BindingID(issuer, subject string) string {
	b := binary.BigEndian.AppendUint32([]byte("glovebox binding v1\n"), uint32(len(issuer))) //nolint:gosec // bounded where it is taken in
	h := sha256.Sum256(append(append(b, issuer...), subject...))
	return "b-" + hex.EncodeToString(h[:20])
}
