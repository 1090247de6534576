package spread

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"math/bits"

	"filippo.io/age"
)

// errForeign is said of whatever is not what it should be: damaged, forged, of
// somebody else. Why is nobody's business but the log's.
var errForeign = errors.New("not from whom it should be, or damaged")

// message is what is signed: a tag that says what for, and a digest. No other
// signature of the domain begins with such a tag.
func message(tag string, body []byte) []byte {
	h := sha256.Sum256(body)
	return append([]byte(tag), h[:]...)
}

func signed(key ed25519.PrivateKey, tag string, body []byte) []byte {
	return ed25519.Sign(key, message(tag, body))
}

func signedBy(key crypto.Signer, tag string, body []byte) ([]byte, error) {
	return key.Sign(nil, message(tag, body), crypto.Hash(0))
}

func verified(key ed25519.PublicKey, tag string, body, sig []byte) bool {
	return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, message(tag, body), sig)
}

// seal encrypts to recipients. The plaintext is filled up to a size class, with
// zeros behind its end.
func seal(plain []byte, to ...age.Recipient) ([]byte, error) {
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to...)
	if err != nil {
		return nil, err
	}
	if _, err = w.Write(plain); err == nil {
		_, err = w.Write(make([]byte, Class(int64(len(plain)))-int64(len(plain))))
	}
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	return b.Bytes(), err
}

// unseal decrypts at most so many bytes.
func unseal(data []byte, id age.Identity, most int64) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(data), id)
	if err != nil {
		return nil, errForeign
	}
	plain, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil || int64(len(plain)) > most {
		return nil, errForeign
	}
	return plain, nil
}

// smallest is the least size class, in bytes.
const smallest = 16 << 10

// Class is the size that n bytes are filled up to on shared storage: 16 KiB, or
// the next of four steps between two powers of two. It tells two bits beside the
// magnitude and costs a quarter at most.
func Class(n int64) int64 {
	if n <= smallest {
		return smallest
	}
	step := int64(1) << max(0, bits.Len64(uint64(n-1))-3)
	return (n + step - 1) / step * step
}

// strict decodes one JSON document without unknown fields and nothing behind it.
func strict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return errForeign
	}
	if _, err := d.Token(); err != io.EOF {
		return errForeign
	}
	return nil
}
