package domain

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// The kinds of document of a domain. The database and the log know them by
// these texts.
const (
	Users     store.Kind[glovebox.User]     = "user"
	Datasets  store.Kind[DatasetDoc]        = "dataset"
	Snapshots store.Kind[glovebox.Snapshot] = "snapshot"
	Scenarios store.Kind[ScenarioDoc]       = "scenario"
	Grants    store.Kind[glovebox.Grant]    = "grant"
	Jobs      store.Kind[job.Doc]           = "job"
	Releases  store.Kind[job.ReleaseDoc]    = "release"
	Spaces    store.Kind[glovebox.Space]    = "space"
	Fits      store.Kind[job.FitDoc]        = "fit"
	Keys      store.Kind[KeyDoc]            = "key"
	Orgs      store.Kind[glovebox.Org]      = "org"
	Bindings  store.Kind[BindingDoc]        = "binding" // whose accounts of identity providers are
	Tokens    store.Kind[TokenDoc]          = "token"   // of programs
	NodeDocs  store.Kind[NodeDoc]           = "node"
	Engines   store.Kind[EngineDoc]         = "engine"  // who hands parts out, once it is not this machine
	Sessions  store.Kind[struct{}]          = "session" // none is kept: what logins are about
	Incidents store.Kind[IncidentDoc]       = "incident"
	Freezes   store.Kind[FreezeDoc]         = "freeze" // whether the whole domain is stopped
	Modules   store.Kind[ModuleDoc]         = "module"
	Products  store.Kind[ProductDoc]        = "product"
	Tickets   store.Kind[TicketDoc]         = "ticket"
	CallDays  store.Kind[CallsDoc]          = "calls" // the call log of product data, by day
	// DomainKeys has one document, called as the domain, once a key was replaced.
	DomainKeys store.Kind[KeysDoc]   = "domain"
	Served     store.Kind[ServedDoc] = "served" // that the domain is served, once it is
)
