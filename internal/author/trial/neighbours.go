package trial

import (
	"context"
	"encoding/json"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/sample"
)

// neighboursFormat names the form of neighbour reports.
const neighboursFormat = "glovebox-neighbours/1"

// Claim is what a neighbour report says, and what it does not; ClaimBlocks the
// same in mode blocks.
var (
	Claim = glovebox.Text{
		EN: "On these made-up rows, changing one unit changed nothing that was observed of any other: outcome, cause, records, contribution, print-out, fuel, rows, order. The author ran this. It is a test of some pairs, not a proof: a module may do otherwise on other rows. Privacy does not rest on it, but on the host's reset, bounds and noise.",
		ZH: "在这些虚构的行上，改变一个单元未使其他任何单元的可观察结果发生变化：结果、原因、记录、贡献、输出日志、燃料、所读行、次序。本报告由作者自行运行得出，只是对若干数据对的测试，并非证明：模块在其他数据上可能表现不同。隐私不依赖本报告，而依赖宿主的复位、限幅与加噪。",
	}
	ClaimBlocks = glovebox.Text{
		EN: "On these made-up rows, changing one unit changed nothing that was observed of any block but its own: outcome, cause, records, outputs, print-out, fuel, rows, units, order. The author ran this. It is a test of some pairs, not a proof: a module may do otherwise on other rows. Privacy does not rest on it, but on the host's fresh instance for each block and on how blocks are combined.",
		ZH: "在这些虚构的行上，改变一个单元未使其所在分块以外的任何分块的可观察结果发生变化：结果、原因、记录、取值、输出日志、燃料、所读行、所含单元、次序。本报告由作者自行运行得出，只是对若干数据对的测试，并非证明：模块在其他数据上可能表现不同。隐私不依赖本报告，而依赖宿主为每个分块新建的实例与分块的合并方式。",
	}
)

// Found and FoundBlocks replace them where a difference was seen.
var (
	Found = glovebox.Text{
		EN: "On these made-up rows, changing one unit changed something that was observed of another. The sandbox puts a module back between units, so this must not happen: do not approve, and report it to those who maintain Glovebox.",
		ZH: "在这些虚构的行上，改变一个单元使其他单元的可观察结果发生了变化。沙箱在单元之间会复位模块，这种情况不应出现：请勿批准，并报告 Glovebox 维护者。",
	}
	FoundBlocks = glovebox.Text{
		EN: "On these made-up rows, changing one unit changed something that was observed of a block that is not its own. Every block runs in a fresh instance, so this must not happen: do not approve, and report it to those who maintain Glovebox.",
		ZH: "在这些虚构的行上，改变一个单元使其所在分块以外的分块的可观察结果发生了变化。每个分块都在新建的实例中运行，这种情况不应出现：请勿批准，并报告 Glovebox 维护者。",
	}
)

// Neighbours is the report of a module on pairs of samples that differ in one
// unit. It goes to reviewers with a job's release.
type Neighbours struct {
	Format  string            `json:"format"`
	Sample  bool              `json:"sample"` // always true
	Same    bool              `json:"same"`   // no pair showed a difference
	Claim   glovebox.Text     `json:"claim"`
	Module  ModuleFacts       `json:"module"`
	Job     string            `json:"job"` // digest of output, price, filters, masks and parameters; "": no job
	Seed    uint64            `json:"seed"`
	Units   int               `json:"units"`            // of the first of all pairs
	Blocks  int               `json:"blocks,omitempty"` // of the first, that have units; mode blocks only
	Rows    map[string]string `json:"rows"`             // of the first, by input: digest
	Pairs   []Pair            `json:"pairs"`
	Changed map[string]int    `json:"changed"` // outcomes of the changed units, or of their blocks
	Digest  string            `json:"digest"`  // of the report with this field empty
}

// Pair is one change and what came of it. In mode blocks Outcome, Cause and
// Fuel are of the changed unit's block, and what is compared is other blocks.
type Pair struct {
	Change   string `json:"change"` // repeated, removed, added, least, greatest, longest, missing, crowded, alone
	Unit     string `json:"unit,omitempty"`
	Block    *int   `json:"block,omitempty"`   // of the changed unit, in mode blocks
	Rejected int64  `json:"rejected"`          // rows of the changed unit that the record does not take
	Outcome  string `json:"outcome,omitempty"` // of the changed unit, where it is there
	Cause    string `json:"cause,omitempty"`
	Fuel     int64  `json:"fuel"`   // of the changed unit
	Others   int    `json:"others"` // units, or blocks, that were compared
	// Differences are of the others; "unit" or "block" is which.
	Differences []Difference `json:"differences"`
}

// RunNeighbours runs a module on pairs.
func RunNeighbours(ctx context.Context, t *Task) (*Neighbours, error) {
	m, err := start(t)
	if err != nil {
		return nil, err
	}
	defer m.close()
	first, err := m.run(ctx, t.Tables)
	if err != nil {
		return nil, err
	}
	units := first.ids()
	if len(units) < 3 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the module gets %d sample units, and pairs need 3", len(units)).
			WithFix("ask for more units, or loosen the filter of the job")
	}
	n := &Neighbours{Format: neighboursFormat, Sample: true, Same: true, Module: m.facts, Seed: t.Seed,
		Units: len(units), Blocks: len(first.Blocks), Rows: map[string]string{}, Pairs: []Pair{}, Changed: map[string]int{}}
	for code, in := range first.Inputs {
		n.Rows[code] = in.Digest
	}
	if t.Declared {
		if n.Job, err = m.jobDigest(); err != nil {
			return nil, err
		}
	}
	list, err := changes(ctx, t, first)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		second, err := m.run(ctx, c.tables)
		if err != nil {
			return nil, err
		}
		n.add(&c, first, second)
	}
	n.Claim = n.claim()
	return n, n.seal()
}

// claim is what the report claims.
func (n *Neighbours) claim() glovebox.Text {
	return map[[2]bool]glovebox.Text{{true, false}: Claim, {true, true}: ClaimBlocks, {false, false}: Found, {false, true}: FoundBlocks}[[2]bool{n.Same, n.Blocks > 0}]
}

// jobDigest names what a job declares beside its module and rows.
func (m *machine) jobDigest() (string, error) {
	s := &m.task.Spec
	type input struct {
		Dataset string
		Columns []string
		Where   string
		Masks   map[string]glovebox.Mask
	}
	var inputs []input
	for _, in := range s.Inputs {
		inputs = append(inputs, input{in.Dataset, in.Columns, in.Where, in.Masks})
	}
	b, err := json.Marshal([]any{s.Function, s.Params, s.Mode, s.Output, s.Blocks, s.Train, s.Release, inputs})
	if err != nil {
		return "", glovebox.Errorf(glovebox.CodeInternal, "a job cannot be encoded")
	}
	return glovebox.Digest(b), nil
}

// add compares the other units of a pair.
func (n *Neighbours) add(c *change, first, second *Report) {
	p := Pair{Change: c.name, Unit: c.unit, Differences: Compare(first, second, c.unit)}
	for _, in := range second.Inputs {
		p.Rejected += in.Rejected
	}
	for _, in := range first.Inputs {
		p.Rejected -= in.Rejected
	}
	changed := func(c *Call) {
		p.Outcome, p.Cause, p.Fuel = c.Outcome, c.Cause, c.Fuel
		n.Changed[c.Outcome]++
	}
	for i := range second.Units {
		if u := &second.Units[i]; u.Unit == c.unit {
			changed(&u.Call)
		} else {
			p.Others++
		}
	}
	own, known := ownBlock(c.unit, first, second)
	if known {
		p.Block = &own
	}
	for i := range second.Blocks {
		if b := &second.Blocks[i]; known && b.Block == own {
			changed(&b.Call)
		} else {
			p.Others++
		}
	}
	n.Same = n.Same && len(p.Differences) == 0
	n.Pairs = append(n.Pairs, p)
}

// seal fills in the digest.
func (n *Neighbours) seal() error {
	b, err := n.Encode()
	if err == nil {
		n.Digest = glovebox.Digest(b)
	}
	return err
}

// Encode returns the bytes that the digest is of: JSON without spaces, the
// digest empty.
func (n *Neighbours) Encode() ([]byte, error) {
	c := *n
	c.Digest = ""
	b, err := json.Marshal(&c)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a report cannot be encoded")
	}
	return b, nil
}

// MaxReport is the largest neighbour report, in bytes.
const MaxReport = 1 << 20

// DecodeNeighbours reads a report that somebody hands in. It checks form and
// digest, which says that the report is whole and not that it is true.
func DecodeNeighbours(p []byte) (*Neighbours, error) {
	var n Neighbours
	bad := func(why string) (*Neighbours, error) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "this is no neighbour report: %s", why).
			WithFix("`glovebox module test MODULE --neighbours -o REPORT.json` writes one")
	}
	if len(p) > MaxReport {
		return bad("it is too large")
	}
	if strictly(p, &n) != nil || n.Format != neighboursFormat || !n.Sample || n.Pairs == nil {
		return bad("its form is not " + neighboursFormat)
	}
	b, err := n.Encode()
	if err != nil {
		return nil, err
	}
	if glovebox.Digest(b) != n.Digest {
		return bad("its digest is another")
	}
	same := true
	for i := range n.Pairs {
		same = same && len(n.Pairs[i].Differences) == 0
	}
	if !n.printable() {
		return bad("it holds a text that cannot be shown, or a change that there is none of")
	}
	if same != n.Same || n.Blocks < 0 || n.Claim != n.claim() {
		return bad("what it claims does not follow from its pairs")
	}
	return &n, nil
}

// printable says whether everything in a report can be shown to a reviewer as
// it is: on one line, and without tricks on a terminal.
func (n *Neighbours) printable() bool {
	ok := true
	see := func(texts ...string) {
		for _, s := range texts {
			ok = ok && oneLine(s)
		}
	}
	m := &n.Module
	see(m.Digest, m.Name, m.Version, m.Function, m.Rewritten, m.Rewriter, n.Job, n.Digest)
	for code, d := range n.Rows {
		see(code, d)
	}
	for outcome := range n.Changed {
		see(outcome)
	}
	for i := range n.Pairs {
		p := &n.Pairs[i]
		see(p.Unit, p.Outcome, p.Cause)
		ok = ok && slices.Contains(changeNames, p.Change)
		for _, d := range p.Differences {
			see(d.Unit, d.What)
		}
	}
	return ok
}

// changeNames are the changes that there are.
var changeNames = []string{"repeated", "removed", "added", "least", "greatest", "longest", "missing", "crowded", "alone"}

// change is a sample that differs from the first one in one unit.
type change struct {
	name, unit string
	tables     map[string]*sample.Table
}
