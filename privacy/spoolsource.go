package privacy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Source seeds noise for a release that may have to be made again, such as that
// of a round whose run is cut short: equal numbers get equal noise, whenever, so
// that nobody sees one round twice; any other numbers, and any other round, get
// noise of their own. The seed is HMAC-SHA-256 of the round and of all that was
// added up, in its canonical form, under a secret key of this job alone. To whom
// the key is unknown that is a seed drawn at random once for each data set. Whoever
// has it can test a guess at the data: it should end when the data does. It fails
// where keys went to spills.
func (s *Spool) Source(key [32]byte, round int) (*mechanism.Source, error) {
	if s.spills != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "noise that can be drawn again is for results in memory")
	}
	frame, err := s.total.MarshalBinary()
	if err != nil {
		return nil, err
	}
	h := hmac.New(sha256.New, key[:])
	h.Write(binary.LittleEndian.AppendUint64([]byte("glovebox/privacy: noise of a round "), uint64(round)))
	h.Write(frame)
	return mechanism.SeededSource([32]byte(h.Sum(nil))), nil
}
