// Command gen writes the five tables of the care-hotspots example: people who
// do not exist, in a city's real townships, in the formats that departments
// really hand over (UTF-8 and GB18030 CSV, JSON lines, Parquet). The same seed
// gives the same bytes.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

func main() {
	dir := flag.String("o", "data", "folder to write to")
	people := flag.Int("people", 20000, "number of residents")
	seed := flag.Uint64("seed", 20251110, "seed of the generator")
	flag.Parse()
	if *people < 1 || *people > 5_000_000 {
		log.Fatal("gen: -people must be between 1 and 5000000")
	}
	if err := os.MkdirAll(*dir, 0o755); err != nil {
		log.Fatal("gen: ", err)
	}
	residents := newCity(*seed, *people)
	for _, table := range []struct {
		name  string
		write func(path string, p []person) error
	}{
		{"population.csv", writePopulation}, {"elderly.csv", writeElderly}, {"disability.csv", writeDisability},
		{"health.jsonl", writeHealth}, {"settlements.parquet", writeSettlements},
	} {
		if err := table.write(filepath.Join(*dir, table.name), residents); err != nil {
			log.Fatalf("gen: %s: %v", table.name, err)
		}
	}
	fmt.Printf("%d residents in %d townships, seed %d: %s\n", *people, len(townships), *seed, *dir)
}
