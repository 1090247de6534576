package domain

import (
	"context"
	"slices"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
)

// maxWitnesses bounds the witnesses of a domain.
const maxWitnesses = 16

// readWitnesses reads the keys of the witnesses that domain.json names.
func (c *config) readWitnesses(path string) (out []*verify.Witness, err error) {
	if len(c.Witnesses) > maxWitnesses {
		return nil, badWitnesses(path, "there are too many")
	}
	for _, text := range c.Witnesses {
		w, err := verify.ReadWitness(text)
		if err != nil {
			return nil, badWitnesses(path, "not the public key of a witness")
		}
		if slices.ContainsFunc(out, func(x *verify.Witness) bool { return x.Name() == w.Name() }) {
			return nil, badWitnesses(path, "two witnesses have one name")
		}
		out = append(out, w)
	}
	if len(out) == 0 && slices.Contains(c.Require, "witnessed") {
		return nil, badWitnesses(path, "exports have to be witnessed, and no witness is named")
	}
	return out, nil
}

func badWitnesses(path, why string) error {
	return (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Field: "witnesses", Msg: why}).WithFix("name up to %d keys (name+hash+key), each with a name of its own, as `glovebox witness init` prints them", maxWitnesses)
}

// Witnessed says whether the domain names witnesses.
func (d *Domain) Witnessed() bool { return len(d.witnesses) > 0 }

// Cosigned is a checkpoint of the domain's log that its witnesses signed.
type Cosigned struct {
	Names   []string // of the witnesses, sorted
	Seen    string   // when the last of them signed, RFC 3339, UTC
	Entries uint64   // of the log that it is about
	Note    []byte
}

// maxNote bounds a cosigned checkpoint, in bytes.
const maxNote = 16 << 10

// Cosigned reads a checkpoint and says which of the domain's witnesses signed it. It
// fails with CodeInvalid for what is no checkpoint of this log, for one that the
// log of now does not extend, and for one that no witness of the domain signed.
func (d *Domain) Cosigned(ctx context.Context, note []byte) (*Cosigned, error) {
	if len(note) > maxNote {
		return nil, glovebox.Invalid("cosigned", "is longer than a checkpoint").WithFix("give the file that `glovebox witness ask --save` wrote")
	}
	keys, err := d.KeyHistory(ctx)
	if err != nil {
		return nil, err
	}
	h, err := verify.ReadHead(note, keys)
	if err != nil {
		return nil, err
	}
	now, proof, err := d.Consistency(ctx, h.Size)
	if err != nil {
		return nil, err
	}
	if err := now.Follows(h, proof); err != nil {
		return nil, glovebox.Invalid("cosigned", "is a checkpoint that this log does not extend").WithFix("run `glovebox audit verify`; ask the witness anew: `glovebox witness ask`")
	}
	c := &Cosigned{Entries: h.Size, Note: note}
	for _, w := range d.witnesses {
		at, err := w.Saw(note)
		if err != nil {
			continue // not by this one
		}
		c.Names, c.Seen = append(c.Names, w.Name()), max(c.Seen, at.UTC().Format(time.RFC3339))
	}
	if len(c.Names) == 0 {
		return nil, glovebox.Invalid("cosigned", "is a checkpoint that no witness of this domain signed").WithFix("`witnesses` in domain.json names them; ask one: `glovebox witness ask --save FILE`")
	}
	slices.Sort(c.Names)
	return c, nil
}
