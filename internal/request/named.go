package request

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/sandbox/abi"
)

// beside shows where a file that the job names lies.
func (r *Request) beside(path string) string { return filepath.Join(filepath.Dir(r.Name), path) }

// file returns the bytes of a file that the job names.
func (r *Request) file(path string, limit int64, fix string) ([]byte, error) {
	return files.ReadIn(r.from.Files, r.Name, path, limit, fix)
}

// readFiles reads the public reference tables and key lists.
func (r *Request) readFiles(ctx context.Context) error {
	for name, path := range r.Job.References {
		i := slices.IndexFunc(r.Function.References, func(t abi.Table) bool { return t.Name == name })
		if i < 0 {
			return r.Invalid("references."+name, "the module reads no such reference table").WithFix("leave it out")
		}
		batch, digest, err := r.readReference(ctx, path, columnsOf(r.Function.References[i]))
		if err != nil {
			return inFile(at(err, "references."+name), r.Name)
		}
		r.refs[name], r.Digests["references."+name] = batch, digest
	}
	for i := range r.Job.Output.Key {
		if err := r.readKeys(ctx, &r.Job.Output.Key[i]); err != nil {
			return err
		}
	}
	return nil
}

func columnsOf(t abi.Table) []engine.ReferenceColumn {
	var out []engine.ReferenceColumn
	for _, c := range t.Columns {
		out = append(out, engine.ReferenceColumn{Name: c.Name, Type: c.Type})
	}
	return out
}

func (r *Request) readReference(ctx context.Context, path string, cols []engine.ReferenceColumn) (arrow.RecordBatch, string, error) {
	// Read once: what is digested is what is parsed.
	data, err := r.file(path, engine.MaxReferenceBytes, "a reference table is at most 10 MiB")
	if err != nil {
		return nil, "", err
	}
	f, err := files.Memory("reference", data)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	batch, err := r.reader.Table(ctx, f, cols)
	return batch, glovebox.Digest(data), inFile(err, r.beside(path))
}

// fromFile stands in a job's identity for the path of a key list: the list's
// digest is there too, and where it lay does not matter.
const fromFile = "file"

// readKeys reads one field's public keys where the job names a file: the
// column of the field's name.
func (r *Request) readKeys(ctx context.Context, k *glovebox.KeyField) error {
	path, named := k.Public.(string)
	if k.Private || !named {
		return nil
	}
	field := "output.key." + k.Name
	batch, digest, err := r.readReference(ctx, path, []engine.ReferenceColumn{{Name: k.Name, Type: k.Type}})
	if err != nil {
		return inFile(at(err, field+".public"), r.Name)
	}
	defer batch.Release()
	r.Digests[field], k.Public = digest, fromFile
	r.lists[field+".public"] = path
	texts := make([]string, batch.NumRows())
	for i := range texts {
		if batch.Column(0).IsNull(i) {
			e := r.Invalid(field+".public", "row %d of the list has no value", i+1).WithFix("take the row out")
			e.File = r.beside(path)
			return e
		}
		texts[i] = batch.Column(0).ValueStr(i)
	}
	r.Public[k.Name] = texts
	return nil
}

// inList completes an error about a value of a list of public keys that a file
// holds: with the file, and the row in place of the number from zero.
func (r *Request) inList(err error) error {
	e, ok := errors.AsType[*glovebox.Error](err)
	if !ok {
		return err
	}
	field, at, numbered := strings.Cut(e.Field, "[")
	path, listed := r.lists[field]
	if !listed {
		return err
	}
	e.File, e.Field = r.beside(path), field
	if n, wrong := strconv.Atoi(strings.TrimSuffix(at, "]")); numbered && wrong == nil {
		e.Msg = glovebox.Errorf(e.Code, "row %d of the list: %s", n+1, e.Msg).Msg
	}
	return e
}
