package verify

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"glovebox.example/glovebox"
)

// Keys are the signing keys of a domain in their order: one that is trusted, and
// those that it follows from or that follow from it, each by a link that both keys
// signed.
type Keys struct {
	origin string
	links  []Link // in order
	only   string // where there are no links
}

// ReadKeys reads a domain's public key as `glovebox domain key` prints it: one
// line, or with --history a line for the key and one for each link, oldest first.
func ReadKeys(text string) (*Keys, error) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	v, err := verifier(lines[0])
	if err != nil {
		return nil, err
	}
	k := &Keys{origin: v.Name(), only: strings.TrimSpace(lines[0])}
	found := len(lines) == 1
	for _, line := range lines[1:] {
		var l Link
		err := strict([]byte(strings.TrimSpace(line)), &l)
		if err == nil {
			err = k.add(l)
		}
		if err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "the history of the domain's keys is not sound").
				WithFix("`glovebox domain key --history` prints it there")
		}
		found = found || l.From == k.only || l.To == k.only
	}
	if !found {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the history of the domain's keys is not sound").WithFix("`glovebox domain key --history` prints it there")
	}
	return k, nil
}

// add takes in the next link, which both keys have to have signed, and whose first
// is the key that held before it.
func (k *Keys) add(l Link) error {
	if err := l.check(k.origin); err != nil {
		return err
	}
	if n := len(k.links); n > 0 && (k.links[n-1].To != l.From || k.links[n-1].Index >= l.Index) {
		return errors.New("the key that it ends did not hold")
	}
	for _, old := range k.links {
		if old.From == l.To {
			return errors.New("a key that ended holds again")
		}
	}
	k.links = append(k.links, l)
	return nil
}

// Named is the key on the first line.
func (k *Keys) Named() string { return k.only }

// Holds says whether vkey is one of the keys, and may have signed a tree of that
// many entries.
func (k *Keys) Holds(vkey string, size uint64) bool {
	if len(k.links) == 0 {
		return vkey == k.only
	}
	from, until := uint64(0), ^uint64(0)
	found := false
	for _, l := range k.links {
		if l.To == vkey {
			found, from = true, l.Index+1
		}
		if l.From == vkey {
			found, until = true, l.Index+1
		}
	}
	return found && size >= from && size <= until
}

// Known says whether vkey is one of the keys.
func (k *Keys) Known(vkey string) bool {
	if vkey == k.only {
		return true
	}
	for _, l := range k.links {
		if l.From == vkey || l.To == vkey {
			return true
		}
	}
	return false
}

// open reads a checkpoint that one of the keys signed while it held.
func (k *Keys) open(msg []byte) (cp checkpoint, signer string, err error) {
	err = errors.New("not signed by " + k.origin + "'s key")
	all := []string{k.only}
	for _, l := range k.links {
		all = append(all, l.From, l.To)
	}
	for _, vkey := range all {
		v, bad := note.NewVerifier(vkey)
		if bad != nil {
			continue
		}
		cp, bad := openCheckpoint(msg, v)
		switch {
		case bad == nil && k.Holds(vkey, cp.size):
			return cp, vkey, nil
		case bad == nil:
			err = errors.New("signed with a key that did not hold at its size")
		case len(k.links) == 0:
			err = bad
		}
	}
	return checkpoint{}, "", err
}

// openSigned reads a checkpoint of the log in dir that the trusted key signed, or
// one that the log's own entries link to it.
func openSigned(dir string, msg []byte, vkey string) (cp checkpoint, signer string, err error) {
	k, err := ReadKeys(vkey)
	if err != nil {
		return checkpoint{}, "", err
	}
	cp, signer, first := k.open(msg)
	if first == nil || len(k.links) > 0 {
		return cp, signer, first
	}
	if k = linksOf(dir, k); len(k.links) == 0 {
		return checkpoint{}, "", first
	}
	return k.open(msg)
}

// linksOf is the trusted key with the links that the entries of a log hold. It
// reads what is there without checking the tree: links stand on their own
// signatures. They count where they form one line with the trusted key.
func linksOf(dir string, k *Keys) *Keys {
	f := folder{dir: dir, known: map[string]bool{}}
	defer f.close()
	line := &Keys{origin: k.origin}
	for index := uint64(0); index < maxSize/tileWidth; index++ {
		entries := f.some(index)
		for _, raw := range entries {
			if !strings.Contains(string(raw), RotateAction) {
				continue
			}
			e, err := decodeEntry(raw)
			if err != nil {
				continue
			}
			if l, err := linkOf(e); err == nil && l != nil && l.Index == e.Seq-1 {
				_ = line.add(*l) // one that does not fit is found when the log is checked
			}
		}
		clear(f.known)
		if len(entries) < tileWidth {
			break
		}
	}
	if !line.Known(k.only) {
		return k
	}
	line.only = k.only
	return line
}

// some reads a bundle of entries, whole or the widest part of it that is there.
func (f *folder) some(index uint64) [][]byte {
	const most = tileWidth * (2 + 1<<16)
	name := tileFile(-1, index)
	data, err := f.read(name, most)
	if err != nil && f.root != nil {
		widths := f.widths(name+".p", tileWidth)
		if len(widths) == 0 {
			return nil
		}
		data, err = f.read(name+".p/"+strconv.Itoa(widths[len(widths)-1]), most)
	}
	if err != nil {
		return nil
	}
	entries, err := splitBundle(data)
	if err != nil {
		return nil
	}
	return entries
}

// link takes in the change of the signing key that an entry tells of.
func (c *checker) link(where string, e *Entry) {
	l, err := linkOf(e)
	if err == nil && l != nil {
		if l.Index != e.Index {
			err = errors.New("it is not the entry that its keys signed")
		} else {
			err = c.line.add(*l)
		}
	}
	if err != nil {
		c.report.add(where, "changes the signing key, and may not: %v", err)
	}
}

// signers checks that each checkpoint was signed with the key that held at its
// size, and that the trusted key is one that the log names.
func (c *checker) signers(trusted *Keys) {
	if len(c.line.links) == 0 {
		return
	}
	if !c.line.Known(trusted.only) {
		c.report.add("checkpoint", "the trusted key is none of those that the log names")
		return
	}
	if c.signed != nil && !c.line.Holds(c.signer, c.signed.size) {
		c.report.add("checkpoint", "it is signed with a key that did not hold at its size")
	}
	for _, old := range c.remembered {
		if !c.line.Holds(old.signer, old.size) {
			c.report.add("checkpoint", "the remembered checkpoint is signed with a key that did not hold at its size")
		}
	}
}
