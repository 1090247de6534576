package audit

import (
	"encoding/json"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/canonical"
)

// canonicalObject is the one form of an entry's body.
func canonicalObject(raw json.RawMessage) (json.RawMessage, error) {
	return canonical.Object(raw, canonical.Place{File: "audit entry", Field: "body", Limit: MaxEntry})
}

// internal makes the error of a failure that the user did not cause. The
// cause may name files and sizes; nothing below this package prints entries.
func internal(err error, format string, a ...any) error {
	return glovebox.Errorf(glovebox.CodeInternal, format, a...).Because(err)
}
