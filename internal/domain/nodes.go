package domain

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"runtime"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/spread"
)

// States of a node.
const (
	NodeTrusted = "trusted"
	NodeRevoked = "revoked"
)

// NodeDoc is a node as the database keeps it.
type NodeDoc struct {
	Name      string   `json:"name"`
	State     string   `json:"state"`     // trusted, revoked
	Recipient string   `json:"recipient"` // age1pq1...: envelopes are sealed to it
	Key       []byte   `json:"key"`       // Ed25519: its answers are checked with it
	Walls     []string `json:"walls"`     // around its workers
	Binary    string   `json:"binary"`    // SHA-256 of its program
	Machine   string   `json:"machine"`   // as linux/amd64
	Since     string   `json:"since"`     // of the state; RFC 3339, UTC
	By        string   `json:"by"`
}

// Machine is the operating system and processor of this machine.
func Machine() string { return runtime.GOOS + "/" + runtime.GOARCH }

// TrustNode lets a node work on parts, or gives a known one other keys. The
// authority does it, and says by that that the enrolment comes from that node.
func (d *Domain) TrustNode(ctx context.Context, by *By, e *spread.Enrolment) (*NodeDoc, error) {
	if err := require(by.User, glovebox.RoleAuthority, "trust a node"); err != nil {
		return nil, err
	}
	mine, ok := d.Vault.Signer().Public().(ed25519.PublicKey)
	if !ok || !bytes.Equal(mine, e.Domain) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "node %s was made for another domain", e.Name).
			WithFix("`glovebox node init` on that machine, with what `glovebox domain key` prints here")
	}
	if e.Machine != Machine() {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "node %s is a machine of kind %s, this one is %s: their answers could differ in the last bit", e.Name, e.Machine, Machine()).
			WithFix("use machines of one kind")
	}
	doc := &NodeDoc{Name: e.Name, State: NodeTrusted, Recipient: e.Recipient, Key: e.Key, Walls: e.Walls, Binary: e.Binary, Machine: e.Machine, Since: d.Stamp(), By: by.Name}
	err := d.Effect(ctx, by, func(tx *store.Tx) error {
		all, err := NodeDocs.List(tx)
		if err != nil {
			return err
		}
		for _, n := range all {
			if n.Name != e.Name && (bytes.Equal(n.Key, e.Key) || n.Recipient == e.Recipient) {
				return glovebox.Errorf(glovebox.CodeConflict, "node %s has the same keys", n.Name).WithFix("every node makes keys of its own: `glovebox node init`")
			}
			if n.Name == e.Name && bytes.Equal(n.Key, e.Key) && n.State == NodeRevoked {
				return glovebox.Errorf(glovebox.CodeConflict, "the keys of node %s were revoked", n.Name).WithFix("make new ones with `glovebox node init`")
			}
		}
		return NodeDocs.Put(tx, "node.trust", e.Name, *doc, map[string]any{"walls": e.Walls, "binary": e.Binary, "machine": e.Machine})
	})
	return doc, err
}

// RevokeNode takes a node's leave to work, for these keys for good. What it was
// sealed to before stays readable to it; a run that it takes part in fails.
func (d *Domain) RevokeNode(ctx context.Context, by *By, name string) (*NodeDoc, error) {
	if err := require(by.User, glovebox.RoleAuthority, "revoke a node"); err != nil {
		return nil, err
	}
	var doc NodeDoc
	return &doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := NodeDocs.Get(tx, name, &doc); err != nil {
			return err
		}
		if doc.State == NodeRevoked {
			return glovebox.Errorf(glovebox.CodeConflict, "node %s is revoked already", name)
		}
		doc.State, doc.Since, doc.By = NodeRevoked, d.Stamp(), by.Name
		return NodeDocs.Put(tx, "node.revoke", name, doc, nil)
	})
}

// Nodes lists the nodes of the domain, by name.
func (d *Domain) Nodes(ctx context.Context) (out []NodeDoc, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		out, err = NodeDocs.List(tx)
		return err
	})
	return out, err
}

// TrustedNodes are those that runs are sealed to.
func (d *Domain) TrustedNodes(ctx context.Context) ([]spread.Node, error) {
	all, err := d.Nodes(ctx)
	var out []spread.Node
	for _, n := range all {
		if n.State == NodeTrusted {
			out = append(out, spread.Node{Name: n.Name, Recipient: n.Recipient, Key: n.Key, Walls: n.Walls})
		}
	}
	return out, err
}

// LocalEngine is the engine of a domain whose own machine does the work.
const LocalEngine = "local"

// EngineDoc says who hands the parts of jobs out.
type EngineDoc struct {
	Kind     string `json:"kind"`               // local, sparkconnect, sparksql, nats
	At       string `json:"at,omitempty"`       // its address
	Storage  string `json:"storage,omitempty"`  // a folder, or s3://BUCKET/PREFIX
	Endpoint string `json:"endpoint,omitempty"` // of the bucket: HOST:PORT
	Region   string `json:"region,omitempty"`
	CA       []byte `json:"ca,omitempty"`      // of the endpoint, PEM; empty: those of the system
	Command  string `json:"command,omitempty"` // what the engine starts on a node
	Since    string `json:"since"`
	By       string `json:"by"`
}

const engineID = "engine"

// engineKinds are those that a domain can be set to.
var engineKinds = []string{LocalEngine, "sparkconnect", "sparksql", "nats"}

// UseEngine says who hands parts out from now on. The authority does it: parts
// lie, encrypted, on shared storage then.
func (d *Domain) UseEngine(ctx context.Context, by *By, doc EngineDoc) (*EngineDoc, error) {
	if err := require(by.User, glovebox.RoleAuthority, "choose an engine"); err != nil {
		return nil, err
	}
	if !slices.Contains(engineKinds, doc.Kind) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "no such engine").WithFix("use local, sparkconnect, sparksql or nats")
	}
	if doc.Kind == LocalEngine {
		doc = EngineDoc{Kind: LocalEngine}
	} else if doc.Storage == "" || doc.At == "" {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "an engine needs its address and a storage that it shares with the nodes").
			WithFix("pass --at ADDRESS and --storage DIR, or --storage s3://BUCKET/PREFIX with --endpoint HOST:PORT")
	}
	doc.Since, doc.By = d.Stamp(), by.Name
	return &doc, d.Effect(ctx, by, func(tx *store.Tx) error { return Engines.Put(tx, "node.use", engineID, doc, nil) })
}

// Engine is who hands parts out.
func (d *Domain) Engine(ctx context.Context) (doc EngineDoc, err error) {
	doc.Kind = LocalEngine
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		known, err := Engines.Find(tx, engineID)
		if known != nil {
			doc = *known
		}
		return err
	})
	return doc, err
}
