package api

import (
	"net/url"
	"strings"
)

// NextPage is the address of the page of a list that follows, from that of the one
// before and the id of its last element. It stands in the header Link (RFC 8288)
// with rel="next".
func NextPage(u *url.URL, last string) string {
	args := u.Query()
	args.Set("after", last)
	return u.EscapedPath() + "?" + args.Encode()
}

// After is the id that the address of a next page names, from a header Link as
// NextPage made it; false: there is no next page.
func After(link string) (string, bool) {
	at, rel, ok := strings.Cut(link, ">; ")
	if !ok || rel != `rel="next"` {
		return "", false
	}
	u, err := url.Parse(strings.TrimPrefix(at, "<"))
	if err != nil || u.Query().Get("after") == "" {
		return "", false
	}
	return u.Query().Get("after"), true
}
