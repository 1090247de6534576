package core

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain/store"
)

// get answers a question in the name of the session's person. What that person
// may not see is not found.
func (s *Server) get(w http.ResponseWriter, r *http.Request, q api.Question) {
	u, _ := s.person(r.Context(), r)
	if u == nil {
		unknown(w)
		return
	}
	l := desk.Look{Name: q.Name, ID: r.PathValue("id"), Args: map[string]string{}}
	if kind := r.PathValue("kind"); kind != "" {
		l.ID = kind + "/" + l.ID
	}
	for _, a := range q.Args {
		l.Args[a] = r.URL.Query().Get(a)
	}
	if desk.Paged(q.Name) && l.Args["limit"] == "" {
		l.Args["limit"] = strconv.Itoa(desk.MaxPage)
	}
	v, err := s.desk.Look(r.Context(), u, l)
	if err != nil {
		problem(w, err)
		return
	}
	if p, ok := v.(desk.Page); ok {
		if v = p.Items; p.Next != "" {
			w.Header().Set("Link", "<"+api.NextPage(r.URL, p.Next)+`>; rel="next"`)
		}
	}
	if q.Kind != "" {
		if err := s.tag(w, r, q.Kind, l.ID); err != nil {
			problem(w, err)
			return
		}
	}
	reply(w, http.StatusOK, v)
}

// tag sets the ETag of a document: the state that an act about it names.
func (s *Server) tag(w http.ResponseWriter, r *http.Request, kind, id string) error {
	return s.d.Store.View(r.Context(), func(tx *store.Tx) error {
		state, err := tx.Digest(kind, id)
		if err == nil && state != "" {
			w.Header().Set("ETag", `"`+state+`"`)
		}
		return err
	})
}

// maxBody bounds the JSON bodies of requests.
const maxBody = 1 << 20

func (s *Server) check(w http.ResponseWriter, r *http.Request) {
	u, x := s.person(r.Context(), r)
	if u == nil || !x.Scope.hands() {
		unknown(w)
		return
	}
	var q api.CheckRequest
	if err := body(w, r, &q); err != nil {
		problem(w, err)
		return
	}
	f, err := s.blobs(q.Files)
	if err != nil {
		problem(w, err)
		return
	}
	defer f.close()
	v, err := s.desk.Look(r.Context(), u, desk.Look{Name: "check", ID: q.File, Files: f, Args: map[string]string{"want": strings.Join(q.Want, "\n")}})
	if err != nil {
		problem(w, err)
		return
	}
	reply(w, http.StatusOK, v)
}

// body reads a JSON body, bounded and strictly.
func body(w http.ResponseWriter, r *http.Request, v any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = io.ErrUnexpectedEOF
		}
	}
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInvalid, "the body of the request is not what this resource takes").WithFix("docs/access.md lists the resources and what each takes")
	}
	return nil
}
