package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// NewAside makes an empty file without a name, open twice: to write and only
// to read. What goes in is sealed already, under a key that the vault does not
// have.
func (v *Vault) NewAside() (write, read *os.File, err error) {
	f, err := os.CreateTemp(v.path(tmpDir), "aside-")
	if err != nil {
		return nil, nil, internal(err, "the vault cannot be written")
	}
	// Somebody who opened the domain may have cleaned it away already.
	err = os.Remove(f.Name())
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil {
		read, err = os.Open(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
	}
	if err != nil {
		return nil, nil, errors.Join(internal(err, "the vault cannot be written"), f.Close())
	}
	return f, read, nil
}
