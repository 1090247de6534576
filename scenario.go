package glovebox

// Role is one of the six parts a person can play. One person never holds two
// on the same product.
type Role string

const (
	RoleProvider  Role = "provider"  // 数据提供单位
	RoleAuthority Role = "authority" // 实施机构
	RoleOperator  Role = "operator"  // 运营机构
	RoleDeveloper Role = "developer" // 开发主体
	RoleAuditor   Role = "auditor"   // 审计
	RoleRegistrar Role = "registrar" // 安全管理员: people, their bindings and keys
)

// Roles lists every role in the order in which people meet them.
var Roles = []Role{RoleProvider, RoleAuthority, RoleOperator, RoleDeveloper, RoleAuditor, RoleRegistrar}

// User is a person known to the domain.
type User struct {
	Name  string    `json:"name"`                // what they act by: a login name, or 张三
	Full  string    `json:"full_name,omitempty"` // the person's name, for people to read
	Roles []Role    `json:"roles"`
	Org   string    `json:"org,omitempty"` // organisation; a provider's must be its datasets' provider
	State UserState `json:"state"`
	// Asked are roles that somebody asked for and nobody else confirmed yet.
	Asked []RoleAsked `json:"asked,omitempty"`
	// Filing is the filing reference (备案) of the person or the firm, Qualification
	// what shows that it may do such work.
	Filing        string `json:"filing,omitempty"`
	Qualification string `json:"qualification,omitempty"`
}

// RoleAsked is a role that waits for a second person's word.
type RoleAsked struct {
	Role Role   `json:"role"`
	By   string `json:"by"` // user who asked for it
}

// Org is an institution (机构). Where it belongs to a district, so do the roles
// of its people.
type Org struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`               // bureau, operator, firm, auditor, other
	District string   `json:"district,omitempty"` // 区县; "": the whole city
	Filing   string   `json:"filing,omitempty"`   // 备案
	State    OrgState `json:"state"`
}

// Scenario is an approved purpose (应用场景). Without one, nothing runs.
type Scenario struct {
	Code     string    `json:"code"`
	Title    Text      `json:"title"`
	Purpose  Text      `json:"purpose"`
	Operator string    `json:"operator"` // user who runs it
	Products []Product `json:"products"`
	// Needs is the minimal-necessary list: dataset code to column names.
	Needs map[string][]string `json:"needs"`
	// Reasons say why each column is needed: dataset code to column to text.
	Reasons map[string]map[string]Text `json:"reasons,omitempty"`
	// Term is for which days it is applied for.
	Term *Term `json:"term,omitempty"`
	// Partner is the filing reference (备案) of the firm that develops for it.
	Partner string        `json:"partner,omitempty"`
	State   ScenarioState `json:"state,omitempty"`
}

// Term is the first and the last day of something, YYYY-MM-DD.
type Term struct {
	From  string `json:"from"`
	Until string `json:"until"`
}

// Product is a registered form of release (数据产品).
type Product struct {
	Code         string `json:"code"`
	Registration string `json:"registration"` // registration code (登记编码)
	Title        Text   `json:"title"`
	Limits       Text   `json:"limits,omitzero"` // usage restrictions that travel with it
	// Readers are institutions whose people may take its data, beside those who
	// see its releases: its customers (使用方).
	Readers []string `json:"readers,omitempty"`
}

// Grant gives a scenario its rights (授权): which columns, for which use, by
// whom, for which products, within which budget, until when.
type Grant struct {
	Scenario   string                  `json:"scenario"`
	From       string                  `json:"from"`  // YYYY-MM-DD, first day
	Until      string                  `json:"until"` // YYYY-MM-DD, last day; at most 5 years after From
	Developers []string                `json:"developers"`
	Products   []string                `json:"products"`
	Datasets   map[string]GrantDataset `json:"datasets"`
	Modules    []string                `json:"modules,omitempty"`   // approved module digests; empty: any admitted module
	Approvals  []Role                  `json:"approvals,omitempty"` // who must approve a release; default authority and provider
	// Accept lists guards of the shipped policy that jobs under this grant need not
	// keep: AcceptExact, AcceptDelta, AcceptPrice.
	Accept []string   `json:"accept,omitempty"`
	State  GrantState `json:"state,omitempty"`
	By     string     `json:"by,omitempty"` // user of role authority
}

// What a grant can accept.
const (
	AcceptExact = "exact" // figures whose noise hides less than half of one unit
	AcceptDelta = "delta" // a delta above one over the number of units
	AcceptPrice = "price" // prices above the ceilings of a job, a product and a month
)

// GrantDataset is a grant's part for one dataset.
type GrantDataset struct {
	Columns map[string]GrantColumn `json:"columns"`
	// Epsilon and Rho cap what this scenario may spend of the dataset's
	// ledger, on top of the ledger's own filter; access control, not privacy.
	Epsilon float64 `json:"epsilon,omitempty"`
	Rho     float64 `json:"rho,omitempty"`
	Delta   float64 `json:"delta,omitempty"`
	// PerDeveloper caps what each developer may spend of it under this
	// scenario; nil: the scenario's cap is the only one.
	PerDeveloper *Share `json:"per_developer,omitempty"`
}

// Share is a part of a ledger: epsilon for kind pure, rho for kind zcdp, in
// (0, 1000], and delta in [0, 0.01].
type Share struct {
	Epsilon float64 `json:"epsilon,omitempty"`
	Rho     float64 `json:"rho,omitempty"`
	Delta   float64 `json:"delta,omitempty"`
}

// Share is what the grant gives the scenario of the dataset's ledger.
func (g GrantDataset) Share() Share { return Share{g.Epsilon, g.Rho, g.Delta} }

// Amount is the share in a ledger of that kind, rounded down; false: it names
// no amount of that kind.
func (s Share) Amount(kind LedgerKind) (a Amount, given bool, err error) {
	loss := s.Epsilon
	if kind == LedgerZCDP {
		loss = s.Rho
	}
	if loss == 0 {
		return a, false, nil
	}
	if a.Loss, err = FloorLoss(loss); err != nil {
		return a, false, err
	}
	a.Delta, err = FloorDelta(s.Delta)
	return a, err == nil, err
}

// GrantColumn says what may be done with one column.
type GrantColumn struct {
	// Use lists input (the module reads it), filter (a row filter reads it) and
	// key (its tokens are shared: they are the same in all units and jobs of the
	// scenario, and may leave as keys and in any other figure).
	Use  []string `json:"use"`
	Mask *Mask    `json:"mask,omitempty"` // nil: the policy's default for its class and grade
}

// Mask is what happens to a column before a guest or a filter sees it.
type Mask struct {
	Kind string `json:"kind"` // none, token, fpe, redact, generalise, clip, constant, suppress
	// Shared, of a token: equal values have equal tokens in all units and all jobs
	// of the scenario. Else a token means something within one unit of one job, in
	// mode blocks one block. A grant cannot name it: a column has it where its use
	// lists key.
	Shared bool `json:"shared,omitempty"`
	// Redact: keep this many leading and trailing characters.
	KeepFirst int `json:"keep_first,omitempty"`
	KeepLast  int `json:"keep_last,omitempty"`
	// Generalise a number: round down to a multiple of Step. Generalise a
	// date: To is year, quarter or month.
	Step float64 `json:"step,omitempty"`
	To   string  `json:"to,omitempty"`
	// Generalise a text: each value becomes the label of its group; one that is in
	// no group becomes Other, or null where that is empty.
	Groups []MaskGroup `json:"groups,omitempty"`
	Other  string      `json:"other,omitempty"`
	// Fpe, and redact so that a text keeps its form: digits, alnum,
	// cn-resident-id, cn-uscc, cn-mobile, bank-card.
	Form string `json:"form,omitempty"`
	// Check, of a form with a check character: valid (default), or invalid, so that
	// nobody takes the text for a real number.
	Check string `json:"check,omitempty"`
	// Clip a number, date or time: values below Low are Low, those above High are
	// High. One of the two may be left out.
	Low  Bound `json:"low,omitempty"`
	High Bound `json:"high,omitempty"`
	// Constant: the text in place of every value.
	Value string `json:"value,omitempty"`
	// Hash, of a token: sm3, or AES-256-CMAC if it is empty.
	Hash string `json:"hash,omitempty"`
}

// MaskGroup is a group of values of a generalised text.
type MaskGroup struct {
	Label  string   `json:"label"`
	Values []string `json:"values"`
}
