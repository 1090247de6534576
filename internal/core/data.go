package core

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
)

// data answers with a product's data as a file, for whoever's session it is.
func (s *Server) data(w http.ResponseWriter, r *http.Request) {
	u, _ := s.person(r.Context(), r)
	if u == nil {
		unknown(w)
		return
	}
	args := map[string]string{}
	for _, a := range api.DataArgs {
		args[a] = r.URL.Query().Get(a)
	}
	v, err := s.desk.Look(r.Context(), u, desk.Look{Name: "data", ID: r.PathValue("id"), Args: args})
	if err != nil {
		problem(w, err)
		return
	}
	x := v.(*desk.Data)
	sum, err := hex.DecodeString(x.SHA256)
	if err != nil {
		problem(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", x.Media)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(x.Data)))
	h.Set("Cache-Control", "no-store")
	h.Set(api.DataFileName, `attachment; filename="`+x.Name+`"`) // codes, digits and dots
	h.Set(api.DataRelease, x.Release)
	h.Set(api.DataDigest, "sha-256=:"+base64.StdEncoding.EncodeToString(sum)+":")
	_, _ = w.Write(x.Data) //nolint:gosec // an attachment of the product's own form; whoever went away does not read it
}

// daily closes the call log of each day, within an hour of its end, has the domain
// check itself once a day, and forgets what was handed in for nothing.
func (s *Server) daily(ctx context.Context) {
	t := time.NewTicker(time.Hour)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			_ = s.d.CloseCalls(ctx)   // the next call, or the next hour, tries again
			_, _ = s.d.SelfCheck(ctx) // the next hour tries again; that there is none today is an alert
			_ = s.sweep(ctx)          // the same
		}
	}
}
