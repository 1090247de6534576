package domain

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/domain/workday"
)

// ticketDays is how long a provider has to answer: 15 working days (处理时效不超过
// 15 个工作日).
const ticketDays = 15

// TicketDoc is a question about the quality of a dataset: who asked, whose it is
// to answer, until when, and what was said.
type TicketDoc struct {
	ID      string               `json:"id"` // t-1, t-2, ...
	Dataset string               `json:"dataset"`
	Column  string               `json:"column,omitempty"`
	Title   string               `json:"title"`
	Track   string               `json:"track"` // user, check or sampling
	State   glovebox.TicketState `json:"state"`
	Owner   string               `json:"owner"` // institution that answers for the data
	By      string               `json:"by"`
	Org     string               `json:"org,omitempty"`
	At      string               `json:"at"`
	Due     string               `json:"due"` // YYYY-MM-DD, China: the last day for an answer
	// Provisional: the due date rests on a year whose holidays are not known yet.
	Provisional bool         `json:"provisional,omitempty"`
	Said        []TicketWord `json:"said"`
}

// TicketWord is an answer, or a further question.
type TicketWord struct {
	By    string               `json:"by"`
	At    string               `json:"at"`
	Text  string               `json:"text"`
	State glovebox.TicketState `json:"state"` // that it got to by this
}

// TicketView is a ticket as it stands today.
type TicketView struct {
	TicketDoc
	Overdue bool `json:"overdue"` // open, and its day is over
}

// tracks are where a question comes from: somebody who uses the data, the
// provider's own check, the authority's sampling of rejects.
var tracks = []string{"user", "check", "sampling"}

// TicketQuestion is what OpenTicket asks.
type TicketQuestion struct{ Dataset, Column, Title, Track string }

// OpenTicket asks the provider of a dataset about its quality. Write no data into
// it. "" as Track is a user's question; the provider's own check is for a provider
// of the dataset, sampling for the authority.
func (d *Domain) OpenTicket(ctx context.Context, by *By, q TicketQuestion) (doc TicketDoc, err error) {
	if err := words("title", q.Title, true); err != nil {
		return doc, err
	}
	if q.Track == "" {
		q.Track = tracks[0]
	}
	if !slices.Contains(tracks, q.Track) {
		return doc, glovebox.Invalid("track", "is none").WithFix("use user, check or sampling")
	}
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		var ds DatasetDoc
		if err := Datasets.Get(tx, q.Dataset, &ds); err != nil {
			return err
		}
		if _, known := ds.Record.Column(q.Column); q.Column != "" && !known {
			return glovebox.Errorf(glovebox.CodeNotFound, "dataset %q has no column %q", q.Dataset, q.Column).WithFix("`glovebox dataset show %s` lists its columns", q.Dataset)
		}
		switch {
		case q.Track == "check":
			if err := RequireProvider(by.User, &ds.Record, "report a check of"); err != nil {
				return err
			}
		case q.Track == "sampling":
			if err := require(by.User, glovebox.RoleAuthority, "report a sampling"); err != nil {
				return err
			}
		}
		all, err := Tickets.List(tx)
		if err != nil {
			return err
		}
		due, known := workday.After(d.Now(), ticketDays)
		doc = TicketDoc{ID: fmt.Sprintf("t-%d", len(all)+1), Dataset: q.Dataset, Column: q.Column, Title: q.Title, Track: q.Track, Owner: ds.Record.Provider,
			By: by.Name, Org: by.Org, At: d.Stamp(), Due: due, Provisional: !known, Said: []TicketWord{}}
		if doc.State, err = doc.State.To(glovebox.TicketOpen, doc.ID); err != nil {
			return err
		}
		return Tickets.Put(tx, "ticket.open", doc.ID, doc, nil)
	})
}

// AnswerTicket answers it: a provider of the institution that owns it. Somebody
// else's word is refused; whoever asked asks on by again, which opens it anew with
// a new day.
func (d *Domain) AnswerTicket(ctx context.Context, by *By, id, said string, again bool) (doc TicketDoc, err error) {
	if err := words("text", said, true); err != nil {
		return doc, err
	}
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Tickets.Get(tx, id, &doc); err != nil {
			return err
		}
		next := glovebox.TicketAnswered
		switch {
		case again && by.Name != doc.By:
			return glovebox.Errorf(glovebox.CodeDenied, "ticket %s was opened by somebody else", id).WithFix("open one of your own: `glovebox ticket open`")
		case again:
			next = glovebox.TicketOpen
			due, known := workday.After(d.Now(), ticketDays)
			doc.Due, doc.Provisional = due, !known
		case !holds(by.User, glovebox.RoleProvider) || by.Org != doc.Owner:
			return glovebox.Errorf(glovebox.CodeDenied, "the data is another institution's, whose people answer").WithFix("act as a provider of the institution that owns the ticket")
		}
		if doc.State, err = doc.State.To(next, id); err != nil {
			return err
		}
		doc.Said = append(doc.Said, TicketWord{By: by.Name, At: d.Stamp(), Text: said, State: doc.State})
		return Tickets.Put(tx, "ticket.answer", id, doc, nil)
	})
}

// CloseTicket ends it: whoever opened it, or the authority. Nobody closes a
// question about data of their own institution that others asked.
func (d *Domain) CloseTicket(ctx context.Context, by *By, id, said string) (doc TicketDoc, err error) {
	if err := words("text", said, true); err != nil {
		return doc, err
	}
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Tickets.Get(tx, id, &doc); err != nil {
			return err
		}
		if by.Name != doc.By && (!holds(by.User, glovebox.RoleAuthority) || by.Org != "" && by.Org == doc.Owner) {
			return glovebox.Errorf(glovebox.CodeDenied, "a ticket is closed by whoever opened it, or by the authority").WithFix("answer it, and leave the closing to them")
		}
		if doc.State, err = doc.State.To(glovebox.TicketClosed, id); err != nil {
			return err
		}
		doc.Said = append(doc.Said, TicketWord{By: by.Name, At: d.Stamp(), Text: said, State: doc.State})
		return Tickets.Put(tx, "ticket.close", id, doc, nil)
	})
}

// AllTickets lists the tickets, oldest first, as they stand today.
func (d *Domain) AllTickets(ctx context.Context) (out []TicketView, err error) {
	today := workday.Day(d.Now())
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		all, err := Tickets.List(tx)
		slices.SortFunc(all, func(a, b TicketDoc) int {
			return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
		})
		for _, t := range all {
			out = append(out, TicketView{t, t.State == glovebox.TicketOpen && t.Due < today})
		}
		return err
	})
	return out, err
}
