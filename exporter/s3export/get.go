package s3export

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/driver"
)

// Get reads what is stored under name, at most so many bytes: an object that is
// longer fails with CodeInvalid. It fails with driver.ErrNotExist if nothing is
// there. What it reads is not trusted: a checker of what it is comes after it.
func (b *Bucket) Get(ctx context.Context, name string, most int64) ([]byte, error) {
	if err := driver.CheckName(name); err != nil {
		return nil, err
	}
	most = min(most, maxObject)
	ctx, cancel := context.WithTimeout(ctx, min(b.opts.Timeout, b.opts.Answer+time.Duration(most/slowest+1)*time.Second))
	defer cancel()
	whole, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	obj, err := b.client.GetObject(whole, b.name, b.object(name), minio.GetObjectOptions{})
	if err != nil {
		return nil, explain(ctx, "get", name, err)
	}
	defer obj.Close()
	data, err := io.ReadAll(watched(io.LimitReader(obj, most+1), b.opts.Idle, stop))
	if r := minio.ToErrorResponse(err); err != nil && r.StatusCode == http.StatusNotFound && r.Code != minio.NoSuchBucket {
		return nil, driver.ErrNotExist
	}
	if err != nil {
		return nil, explain(ctx, "get", name, err)
	}
	if int64(len(data)) > most {
		return nil, mark(name, glovebox.Errorf(glovebox.CodeInvalid, "s3 get: the object is longer than such a file can be"), false)
	}
	return data, nil
}
