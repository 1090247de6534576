package crew

import (
	"context"
	"os"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/find"
	"glovebox.example/glovebox/internal/worker/role"
)

// Look is find.Look in a jail of its own: the file is foreign. What the worker
// says of it is checked for form; that it is so is the worker's word.
func Look(ctx context.Context, file *os.File, hint glovebox.Source) (*find.Seen, error) {
	if st, err := file.Stat(); err != nil || !st.Mode().IsRegular() {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the source is not a regular file").WithFix("write the data to a file first")
	}
	r := &Reader{}
	defer r.Close()
	f, err := r.ask(ctx, role.MessageLook, role.LookSpec{Hint: hint}, file)
	if err != nil {
		return nil, err
	}
	var seen find.Seen
	if f.Kind != role.FrameLooked || strict(f.Payload, &seen) != nil || !seen.Valid() {
		return nil, notThat()
	}
	for i := range seen.Columns {
		seen.Columns[i].Name = clean(seen.Columns[i].Name)
	}
	return &seen, nil
}
