//go:build glovebox_plant

package main

import (
	"bytes"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/proof/attack"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/bill"
	"glovebox.example/glovebox/privacy/mechanism"
	"glovebox.example/glovebox/sandbox"
)

// plant is a fault of the product's own code and what has to find it: an audit
// of the job, which must alarm, or, where statistics have nothing to say, a
// check of its own.
type plant struct {
	name  string
	of    string // of what, where a fault is planted twice
	claim attack.Claim
	job   jobCase
	many  bool // takes all samples
	least int  // samples that it takes at least; 0: 5000
	check func() (caught bool, err error)
}

// plantList is every fault but those of packages that the suite does not run:
// see TestPlantRefund of internal/pipeline.
func plantList() []plant {
	one, ten := attack.Claim{Epsilon: 1}, people(10, ordinary)
	float := append(people(1<<12-1, ordinary), people(1<<12, tiny)...)
	return []plant{
		{name: sandbox.PlantState, claim: one, job: jobCase{rest: ten, target: remember, output: public(1, theCount), release: pure(1, 0)}},
		{name: work.PlantTrap, claim: one, job: jobCase{rest: ten, target: trap, output: public(1, theCount), release: pure(1, 0)}},
		{name: privacy.PlantFloat, claim: one, job: jobCase{rest: float, target: ordinary, output: public(1, theSum), release: pure(1, 0), once: true}},
		{name: privacy.PlantRows, claim: one, job: jobCase{rest: ten, target: records, output: public(1, theCount), release: pure(1, 0)}},
		{name: privacy.PlantL0, claim: one, job: jobCase{rest: ten, target: keys, output: public(1, theCount), release: pure(1, 0)}},
		{name: work.PlantBlocks, claim: one, job: jobCase{rest: alternating, target: 0, blocks: eightBlocks(glovebox.BlockAvg), release: pure(1, 0)}},
		{name: privacy.PlantL0, of: ", texts", claim: one, job: jobCase{rest: ten, target: keys, output: texts(), release: pure(1, 0)}},
		{name: privacy.PlantKeys, of: ", texts", claim: attack.Claim{Epsilon: 1, Delta: 0.01}, job: jobCase{rest: ten, target: alone, output: privateTexts(), release: pure(1, 0.01)}},
		{name: privacy.PlantRound, claim: trainClaim(), job: jobCase{rest: people(1, ordinary), target: large, train: fourRounds(), release: glovebox.ReleaseDef{Method: "dp", Rho: 0.5}}},
		{name: privacy.PlantSpill, claim: attack.Claim{Epsilon: 1, Delta: 0.01}, job: jobCase{rest: people(12, ordinary), target: ordinary, output: private(), release: pure(1, 0.01), spill: inMemory}},
		{name: sandbox.PlantClock, check: clockDecides},
		{name: privacy.PlantKeys, claim: attack.Claim{Epsilon: 1, Delta: 0.01}, job: jobCase{rest: ten, target: alone, output: private(), release: pure(1, 0.01)}},
		// At this price the lowest threshold that is private is 1, and one lower shows
		// the key of one unit nearly always.
		{name: bill.PlantLow, claim: attack.Claim{Epsilon: 5, Delta: 0.01}, job: jobCase{rest: ten, target: alone, output: private(), release: pure(5, 0.01), once: true}},
		// 0.01-zCDP is (0.5, 0.0025)-DP. The others add nothing, so that all that shows is
		// the keys of one unit.
		{name: bill.PlantShare, claim: attack.Claim{Epsilon: 0.5, Delta: 0.0125}, job: jobCase{rest: people(3, trap), target: keys, output: selected("people", 4, theCount),
			release: glovebox.ReleaseDef{Method: "dp", Rho: 0.01, Delta: 0.01}, once: true}, least: 25_000},
		{name: privacy.PlantReuse, claim: one, job: jobCase{rest: ten, target: ordinary, output: public(1, theCount), release: pure(1, 0)}},
		{name: mechanism.PlantSeed, claim: one, job: jobCase{rest: ten, target: ordinary, output: public(1, theCount), release: pure(1, 0)}},
		{name: bill.PlantScale, claim: attack.Claim{Epsilon: 2}, job: jobCase{rest: ten, target: ordinary, output: public(1, theCount), release: pure(2, 0), once: true}, many: true},
	}
}

// set plants one fault everywhere; an empty name removes it.
func set(fault string) {
	privacy.Plant(fault)
	bill.Plant(fault)
	mechanism.Plant(fault)
	sandbox.Plant(fault)
	work.Plant(fault)
}

// plants runs them one after the other. Those that take all samples are left
// out of short runs, which cannot see them.
func plants(samples int) []row {
	rows := []row{}
	for _, p := range plantList() {
		r := row{target: target{name: "planted: " + p.name + p.of, claim: p.claim, samples: max(5000, p.least, samples/100), start: p.job.start}, must: true}
		if p.many {
			if r.samples = samples; samples < attack.DefaultSamples {
				continue
			}
		}
		set(p.name)
		if p.check == nil {
			r.found, r.err = r.target.run()
		} else {
			r.found, r.err = checked(p.check)
		}
		set("")
		rows = append(rows, r)
	}
	return rows
}

// checked puts the answer of a check into the form of an audit.
func checked(check func() (bool, error)) (*attack.Result, error) {
	caught, err := check()
	r := &attack.Result{Claim: attack.Claim{Epsilon: 1}, Event: "a test of its own"}
	if caught {
		r.Bound = 2
	}
	return r, err
}

// clockDecides says whether a unit that works long, and stays within its fuel,
// counts for less than one that does the same at once.
func clockDecides() (bool, error) {
	for range 20 { // a machine that is busy may keep both units waiting
		differ, err := clockDecidesOnce()
		if differ || err != nil {
			return differ, err
		}
	}
	return false, nil
}

func clockDecidesOnce() (bool, error) {
	var sent [2][]byte
	for i, what := range []int64{ordinary, busy} {
		c := jobCase{rest: []int64{what}, output: public(1, theCount), release: glovebox.ReleaseDef{Method: "dp", Epsilon: 1}}
		j, err := c.open()
		if err != nil {
			return false, err
		}
		if sent[i], err = j.send(0); err != nil {
			return false, err
		}
		if err := j.close(); err != nil {
			return false, err
		}
	}
	return !bytes.Equal(sent[0], sent[1]), nil
}

// trainClaim is the claim of the jobs of mode train.
func trainClaim() attack.Claim {
	c, err := claimOf(0.5)
	if err != nil {
		panic(err) // a constant
	}
	return c
}
