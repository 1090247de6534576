package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"path"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/request"
)

// pieceSize is how much of a file goes with one request.
const pieceSize = 8 << 20

// handIn sends the files that the act's params name, and names their digests in
// the params, so that the signature covers them.
func (c *Client) handIn(ctx context.Context, a *desk.Act) (json.RawMessage, error) {
	params := map[string]json.RawMessage{}
	if len(a.Params) > 0 {
		if err := json.Unmarshal(a.Params, &params); err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "the params of an act are an object")
		}
	}
	if raw, ok := params["file"]; ok && a.Files != nil {
		var name string
		if err := json.Unmarshal(raw, &name); err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "the params of an act are an object")
		}
		var names map[string]string
		var err error
		switch a.Name {
		case "job.run", "module.promote":
			names, err = c.uploadJob(ctx, a.Files, name)
		case "module.register":
			names, err = c.uploadModule(ctx, a.Files, name, params["source"])
		case "dataset.load":
			names, err = c.uploadFile(ctx, a.Files, name, api.BlindSize)
		default:
			names, err = c.uploadFile(ctx, a.Files, name, 0)
		}
		if err != nil {
			return nil, err
		}
		if params["files"], err = json.Marshal(names); err != nil {
			return nil, err
		}
	}
	return json.Marshal(params)
}

// uploadModule sends a module and, if params name one, the archive of its source.
func (c *Client) uploadModule(ctx context.Context, from desk.Files, name string, source json.RawMessage) (map[string]string, error) {
	names, err := c.uploadFile(ctx, from, name, 0)
	if err != nil || len(source) == 0 {
		return names, err
	}
	var archive string
	if err := json.Unmarshal(source, &archive); err != nil || archive == "" {
		return names, err
	}
	more, err := c.uploadFile(ctx, from, archive, 0)
	maps.Copy(names, more)
	return names, err
}

// uploadJob sends a job and the files that it names, and returns their digests by
// name.
func (c *Client) uploadJob(ctx context.Context, from desk.Files, name string) (map[string]string, error) {
	names := map[string]string{}
	s, err := from.Job(name)
	if err != nil {
		return nil, err
	}
	j, err := catalog.ParseJob(name, s.Job)
	if err != nil {
		return nil, err
	}
	if names[path.Clean(name)], err = c.send1(ctx, bytes.NewReader(s.Job), int64(len(s.Job))); err != nil {
		return nil, err
	}
	for _, beside := range request.Names(j) {
		data, err := files.ReadIn(s.Files, name, beside, request.MaxFile, "name a smaller file")
		if err != nil {
			return nil, err
		}
		if names[path.Join(path.Dir(name), beside)], err = c.send1(ctx, bytes.NewReader(data), int64(len(data))); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// uploadFile sends a file behind so many random bytes, and returns the digest of
// both by the file's name.
func (c *Client) uploadFile(ctx context.Context, from desk.Files, name string, blind int) (map[string]string, error) {
	f, err := from.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, glovebox.InFile(glovebox.Errorf(glovebox.CodeInvalid, "the file cannot be read"), name)
	}
	b := blinded{make([]byte, blind), f}
	if _, err := rand.Read(b.before); err != nil {
		return nil, err
	}
	size := int64(blind) + st.Size()
	digest, err := c.send1(ctx, io.NewSectionReader(b, 0, size), size)
	return map[string]string{path.Clean(name): digest}, glovebox.InFile(err, name)
}

// blinded is a file with bytes before it.
type blinded struct {
	before []byte
	file   io.ReaderAt
}

// ReadAt implements io.ReaderAt.
func (b blinded) ReadAt(p []byte, at int64) (n int, err error) {
	if at < int64(len(b.before)) {
		n = copy(p, b.before[at:])
	}
	if n == len(p) {
		return n, nil
	}
	m, err := b.file.ReadAt(p[n:], at+int64(n)-int64(len(b.before)))
	return n + m, err
}

// send1 sends one file, from where the server has it already, and returns its
// digest.
func (c *Client) send1(ctx context.Context, f io.ReadSeeker, size int64) (string, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", glovebox.Errorf(glovebox.CodeInvalid, "the file cannot be read")
	}
	digest := hex.EncodeToString(sum.Sum(nil))
	at, err := c.offset(ctx, digest)
	if err != nil {
		return "", err
	}
	if _, err := f.Seek(at, io.SeekStart); err != nil {
		return "", glovebox.Errorf(glovebox.CodeInvalid, "the file cannot be read")
	}
	buf := make([]byte, min(pieceSize, max(size, 1)))
	for lost := 0; at < size; {
		n, err := io.ReadFull(f, buf[:min(int64(len(buf)), size-at)])
		if err != nil {
			return "", glovebox.Errorf(glovebox.CodeInvalid, "the file became shorter while it was sent").WithFix("send it when nobody writes to it")
		}
		err = c.piece(ctx, digest, at, buf[:n])
		if _, answered := errors.AsType[*api.Failure](err); err != nil && (answered || lost == maxTries || ctx.Err() != nil) {
			return "", err
		}
		if err == nil {
			at, lost = at+int64(n), 0
			continue
		}
		lost++
		if at, err = c.offset(ctx, digest); err != nil {
			return "", err
		}
		if _, err := f.Seek(at, io.SeekStart); err != nil {
			return "", glovebox.Errorf(glovebox.CodeInvalid, "the file cannot be read")
		}
	}
	return "sha256:" + digest, nil
}

// offset asks how much of a blob is there.
func (c *Client) offset(ctx context.Context, digest string) (int64, error) {
	var b api.Blob
	_, err := c.get(ctx, "/blobs/"+digest, nil, &b)
	return b.Offset, err
}

// piece sends a piece of a blob.
func (c *Client) piece(ctx context.Context, digest string, at int64, data []byte) error {
	r, err := http.NewRequestWithContext(ctx, "PUT", c.Base+api.Prefix+"/blobs/"+digest, bytes.NewReader(data))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Upload-Offset", strconv.FormatInt(at, 10))
	_, err = c.answer(r, nil)
	return err
}
