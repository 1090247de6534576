package glovebox

import "slices"

// ModuleState is where a module that was registered stands.
type ModuleState string

const (
	ModuleRegistered ModuleState = "registered" // kept, and certified by nobody yet
	ModuleCertified  ModuleState = "certified"  // reviewers vouch for this digest
	ModuleRevoked    ModuleState = "revoked"    // runs no more, for good
)

// ModuleStates lists the states of a module.
var ModuleStates = []ModuleState{ModuleRegistered, ModuleCertified, ModuleRevoked}

var moduleExits = map[ModuleState][]ModuleState{
	"":               {ModuleRegistered},
	ModuleRegistered: {ModuleCertified, ModuleRevoked},
	ModuleCertified:  {ModuleRevoked},
	ModuleRevoked:    {},
}

// To is the state after this one, or fails with CodeConflict.
func (s ModuleState) To(next ModuleState, id string) (ModuleState, error) {
	if !slices.Contains(moduleExits[s], next) {
		return s, Errorf(CodeConflict, "module %s is %s and cannot become %s", id, s, next)
	}
	return next, nil
}

// ProductState is where a product on the list stands.
type ProductState string

const (
	ProductDeveloping ProductState = "developing" // has its registration code
	ProductPublished  ProductState = "published"  // on the public list
	ProductRunning    ProductState = "running"    // is delivered
	ProductRetired    ProductState = "retired"    // delivers nothing more, for good
)

// ProductStates lists the states of a product.
var ProductStates = []ProductState{ProductDeveloping, ProductPublished, ProductRunning, ProductRetired}

var productExits = map[ProductState][]ProductState{
	"":                {ProductDeveloping},
	ProductDeveloping: {ProductPublished, ProductRetired},
	ProductPublished:  {ProductRunning, ProductRetired},
	ProductRunning:    {ProductRetired},
	ProductRetired:    {},
}

// To is the state after this one, or fails with CodeConflict.
func (s ProductState) To(next ProductState, code string) (ProductState, error) {
	if !slices.Contains(productExits[s], next) {
		return s, Errorf(CodeConflict, "product %q is %s and cannot become %s", code, s, next)
	}
	return next, nil
}

// TicketState is where a question about the quality of data stands.
type TicketState string

const (
	TicketOpen     TicketState = "open"     // its owner has to answer
	TicketAnswered TicketState = "answered" // whoever asked may ask on, or close it
	TicketClosed   TicketState = "closed"   // for good
)

// TicketStates lists the states of a ticket.
var TicketStates = []TicketState{TicketOpen, TicketAnswered, TicketClosed}

var ticketExits = map[TicketState][]TicketState{
	"":             {TicketOpen},
	TicketOpen:     {TicketAnswered, TicketClosed},
	TicketAnswered: {TicketAnswered, TicketOpen, TicketClosed},
	TicketClosed:   {},
}

// To is the state after this one, or fails with CodeConflict.
func (s TicketState) To(next TicketState, id string) (TicketState, error) {
	if !slices.Contains(ticketExits[s], next) {
		return s, Errorf(CodeConflict, "ticket %s is %s and cannot become %s", id, s, next)
	}
	return next, nil
}
