package main

import (
	"fmt"
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// contender is one way of doing a piece of work.
type contender struct {
	who string
	op  func() error
}

const (
	rounds = 9
	turn   = 25 * time.Millisecond // CPU time of one contender in one round
)

// compare runs the contenders in turns and returns the CPU time of one
// operation of each: the best of all rounds.
func compare(all []contender) ([]time.Duration, error) {
	best := make([]time.Duration, len(all))
	for i := range best {
		best[i] = math.MaxInt64
	}
	for range rounds {
		for i, c := range all {
			from, n := cpu(), 0
			for n == 0 || cpu()-from < turn {
				for range 16 {
					if err := c.op(); err != nil {
						return nil, fmt.Errorf("%s: %w", c.who, err)
					}
				}
				n += 16
			}
			best[i] = min(best[i], (cpu()-from)/time.Duration(n))
		}
	}
	return best, nil
}

// cpu is the CPU time of the process, all threads.
func cpu() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
		panic(err) // the clock is there on every Linux
	}
	return time.Duration(ts.Nano())
}

func perSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

func mega(v float64) string { return fmt.Sprintf("%.3g M/s", v/1e6) }
