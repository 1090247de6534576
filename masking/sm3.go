package masking

import (
	"crypto/hmac"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/emmansun/gmsm/sm3"
)

// HashSM3 makes tokens by HMAC-SM3 (GB/T 32905, GM/T 0091), where a domain must use
// the ciphers of its country; left out, they are AES-256-CMAC, which is some ten
// times as fast.
const HashSM3 = "sm3"

// sm3Sum makes tokens by HMAC-SM3, cut to a token's length, of the unit's bits and
// a value.
func sm3Sum(key []byte, units *array.FixedSizeBinary, prefix [tokenBytes]byte) func(row int, slot, msg []byte) {
	mac := hmac.New(sm3.New, key)
	var sum [sm3.Size]byte
	return func(row int, slot, msg []byte) {
		mac.Reset()
		if units != nil {
			var unit [tokenBytes]byte
			for j, b := range units.Value(row) {
				unit[j] = b & prefix[j]
			}
			mac.Write(unit[:])
		}
		mac.Write(msg)
		copy(slot, mac.Sum(sum[:0]))
	}
}
