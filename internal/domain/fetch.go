package domain

import (
	"context"
	"io"
	"os"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/database"
	"glovebox.example/glovebox/internal/worker/crew"
)

// maxCA bounds a file with certificates, in bytes.
const maxCA = 1 << 20

// fetched is the file that a load reads, and the record of it: src and rec as
// they are, or, where the record's source is a server and src a connection file,
// the table or object that was copied from there.
func fetched(ctx context.Context, rec *glovebox.Dataset, src *os.File, open func(string) (*os.File, error)) (*os.File, *glovebox.Dataset, error) {
	format := rec.Source.Format
	if rec.Source.Object != "" {
		format = database.S3
	} else if !database.IsServer(format) {
		return src, rec, nil
	}
	st, err := src.Stat()
	if err != nil || st.Mode().Perm()&0o077 != 0 {
		return nil, nil, glovebox.Errorf(glovebox.CodeInvalid, "others may read the connection file, which holds a password").WithFix("run chmod 600 on it")
	}
	data, err := io.ReadAll(io.LimitReader(src, database.MaxConnection+1))
	if err != nil {
		return nil, nil, glovebox.Errorf(glovebox.CodeInvalid, "the connection file cannot be read")
	}
	server, ca, err := database.ParseConnection(data, format)
	if err != nil {
		return nil, nil, err
	}
	if ca != "" {
		f, err := open(ca)
		if err != nil {
			return nil, nil, err
		}
		defer f.Close()
		if server.CA, err = io.ReadAll(io.LimitReader(f, maxCA)); err != nil {
			return nil, nil, glovebox.Errorf(glovebox.CodeInvalid, "the file of the certificate authority cannot be read")
		}
	}
	file, def, err := crew.Fetch(ctx, *server, rec.Source)
	if err != nil {
		return nil, nil, err
	}
	copied := *rec
	copied.Source = def
	return file, &copied, nil
}
