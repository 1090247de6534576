package client

import (
	"context"
	"encoding/json"
	"net/url"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
)

// maxPages bounds how many pages of a list are read.
const maxPages = 10_000

// list reads a list, page by page, into out.
func (c *Client) list(ctx context.Context, path string, args url.Values, out any) error {
	all := []json.RawMessage{}
	for range maxPages {
		var some []json.RawMessage
		h, err := c.get(ctx, path, args, &some)
		if err != nil {
			return err
		}
		all = append(all, some...)
		after, more := api.After(h.Get("Link"))
		if !more {
			b, err := json.Marshal(all)
			if err != nil {
				return glovebox.Errorf(glovebox.CodeInternal, "a document cannot be encoded").Because(err)
			}
			return decoded(b, out)
		}
		args.Set("after", after)
	}
	return glovebox.Errorf(glovebox.CodeInternal, "the server's answer is cut off, or too long")
}
