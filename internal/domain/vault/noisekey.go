package vault

import (
	"crypto/hkdf"
	"crypto/sha256"
	"maps"
	"slices"
)

// NoiseKey is the key of a job's noise where a run that was cut short has to
// draw the same again; versions are those of its datasets' snapshots. It is made
// of the snapshots' own keys, so that it cannot be made once one of them is
// destroyed: what a release holds then is noise for good.
func (v *Vault) NoiseKey(job string, versions map[string]int) (Key, error) {
	var secret []byte
	for _, code := range slices.Sorted(maps.Keys(versions)) {
		id, _, err := v.snapshotKey(snapshot{code, versions[code]})
		if err != nil {
			return Key{}, err
		}
		secret = append(append(secret, id.String()...), '\n')
	}
	b, err := hkdf.Key(sha256.New, secret, nil, "glovebox/v1/noise\x00"+job, KeySize)
	if err != nil {
		return Key{}, internal(err, "a key cannot be derived")
	}
	return newKey([KeySize]byte(b)), nil
}
