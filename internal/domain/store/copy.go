package store

import (
	"context"
	"os"

	"glovebox.example/glovebox"
)

// CopyTo writes the database as it stands at one moment into a new file. Nobody
// of this process changes it meanwhile.
func (s *Store) CopyTo(ctx context.Context, path string) error {
	if _, err := s.db.ExecContext(ctx, `VACUUM INTO ?`, path); err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "the domain database cannot be copied").Because(err).WithFix("check free disk space")
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "the domain database cannot be copied").Because(err)
	}
	return nil
}
