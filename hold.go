package glovebox

// Hold is one brake on something. Everybody who answers for it can pull one; it
// runs again when each of them let go.
type Hold struct {
	By       string `json:"by"`
	Role     Role   `json:"role"`          // in which it was pulled
	Org      string `json:"org,omitempty"` // of that person
	Reason   string `json:"reason"`
	Incident string `json:"incident,omitempty"` // what it was pulled for
	At       string `json:"at"`                 // RFC 3339, UTC
}

// Of says whether the hold is for this person, in this role, to let go of: who
// pulled it, or somebody of the same role in the same institution.
func (h *Hold) Of(u User, role Role) bool {
	return h.Role == role && (h.By == u.Name || h.Org != "" && h.Org == u.Org)
}

// LetGo is what is left of holds once a person let go in a role; false: none of
// them is that person's.
func LetGo(holds []Hold, u User, role Role) (left []Hold, any bool) {
	for _, h := range holds {
		if h.Of(u, role) {
			any = true
			continue
		}
		left = append(left, h)
	}
	return left, any
}
