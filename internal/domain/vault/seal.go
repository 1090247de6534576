package vault

import (
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"io"

	"glovebox.example/glovebox"
)

// MaxKept is the longest document that is sealed, in bytes: a request to the
// policy, a module.
const MaxKept = 64 << 20

// Seal encrypts a document that is kept in the domain's database under its
// digest: a random nonce of 12 bytes, then AES-256-GCM of the deflated document
// under a key of its own, made of the master key and the digest.
func (v *Vault) Seal(name string, data []byte) ([]byte, error) {
	if len(data) > MaxKept {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "a document of %d bytes is longer than %d, the most that is kept", len(data), MaxKept)
	}
	gcm, err := v.keptCipher(name)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, internal(err, "a document cannot be sealed")
	}
	nonce := make([]byte, gcm.NonceSize())
	_, _ = rand.Read(nonce) // never fails: see crypto/rand
	return gcm.Seal(nonce, nonce, b.Bytes(), []byte(name)), nil
}

// Unseal decrypts what Seal made. It does not compare the digest: whoever reads
// does.
func (v *Vault) Unseal(name string, sealed []byte) ([]byte, error) {
	gcm, err := v.keptCipher(name)
	if err != nil {
		return nil, err
	}
	damaged := glovebox.Errorf(glovebox.CodeInternal, "the bytes kept as %s are not those bytes", name).WithFix("run `glovebox audit verify`")
	if len(sealed) < gcm.NonceSize() {
		return nil, damaged
	}
	packed, err := gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], []byte(name))
	if err != nil {
		return nil, damaged
	}
	data, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), MaxKept+1))
	if err != nil || len(data) > MaxKept {
		return nil, damaged
	}
	return data, nil
}

// keptCipher is the cipher of one document.
func (v *Vault) keptCipher(name string) (cipher.AEAD, error) {
	key := v.derive("kept", name).Bytes()
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, internal(err, "a document cannot be sealed")
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, internal(err, "a document cannot be sealed")
	}
	return gcm, nil
}
