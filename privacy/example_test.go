package privacy_test

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"log"
	"math"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/accounting"
	"glovebox.example/glovebox/privacy/mechanism"
)

// How a job goes: plan, price, charge, bound and add up, release.
func Example() {
	out := glovebox.Output{
		Key:            []glovebox.KeyField{{Name: "township", Type: glovebox.Int64, Public: []any{101, 102, 103}}},
		MaxKeysPerUnit: 1,
		Metrics: []glovebox.Metric{
			{Name: "people", Kind: glovebox.Count},
			{Name: "need", Kind: glovebox.Mean, Min: 0, Max: 10},
		},
	}
	plan, err := privacy.NewPlan(out, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, nil)
	if err != nil {
		log.Fatal(err)
	}
	cost, err := plan.Cost(glovebox.LedgerPure)
	if err != nil {
		log.Fatal(err)
	}
	balance := glovebox.Balance{Dataset: "care", Kind: glovebox.LedgerPure, Total: glovebox.Amount{Loss: 5e9}}
	if !accounting.Fits(balance, cost) {
		log.Fatal("the ledger does not hold the price")
	}
	balance.Spent = balance.Spent.Add(cost) // made durable before the first row is read

	var secret [32]byte
	if _, err := rand.Read(secret[:]); err != nil {
		log.Fatal(err)
	}
	worker := plan.NewBounder(secret)
	for i := range 300 { // units; each has said one record
		var token [16]byte
		binary.BigEndian.PutUint64(token[:], uint64(i))
		record := binary.LittleEndian.AppendUint64(nil, uint64(101+i%2))
		record = binary.LittleEndian.AppendUint64(record, math.Float64bits(float64(i%11)))
		worker.Unit(token, 1, record)
	}
	partial, err := worker.Partial()
	if err != nil {
		log.Fatal(err)
	}
	noise, err := mechanism.NewSource()
	if err != nil {
		log.Fatal(err)
	}
	table, err := plan.Release(partial, noise)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(table.Rows), "rows, spent", balance.Spent.Loss, "billionths of epsilon")
	// Output: 3 rows, spent 1000000000 billionths of epsilon
}
