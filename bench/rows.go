package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"glovebox.example/glovebox/sandbox"
)

const batch = 8192

// groupBy measures the loop over large units, with the copy.
func groupBy(ctx context.Context) ([]line, error) {
	wasm, err := groupWasm()
	if err != nil {
		return nil, err
	}
	p, err := program(ctx, wasm)
	if err != nil {
		return nil, err
	}
	ours, err := product(ctx, p, nil, batch)
	if err != nil {
		return nil, err
	}
	all := []contender{{"glovebox", ours}}
	unit := unitOf(batch)
	for _, x := range []struct {
		who  string
		make func() (engine, error)
	}{
		{"wasmtime with fuel", func() (engine, error) { return newWasmtime(wasm, true) }},
		{"wasmtime", func() (engine, error) { return newWasmtime(wasm, false) }},
		{"metered", func() (engine, error) { return newWazero(ctx, wasm, true) }},
		{"not metered", func() (engine, error) { return newWazero(ctx, wasm, false) }},
	} {
		e, err := x.make()
		if err != nil {
			return nil, err
		}
		b, err := newBare(e, wasm)
		if err != nil {
			return nil, err
		}
		all = append(all, contender{x.who, func() error { return b.run(unit) }})
	}
	k, v := columns(batch)
	var sums [groups]float64
	var counts [groups]int64
	all = append(all, contender{"native Go", func() error { return nativeGo(k, v, &sums, &counts) }},
		contender{"native C", func() error { return nativeC(k, v) }})
	took, err := compare(all)
	if err != nil {
		return nil, err
	}
	rate := func(i int) float64 { return perSecond(batch, took[i]) }
	fig := func(is ...int) (f []figure) {
		for _, i := range is {
			f = append(f, figure{all[i].who, mega(rate(i))})
		}
		return f
	}
	fuel, meter := rate(0)/rate(1), float64(took[3])/float64(took[4])-1
	return []line{
		{"group-by, 8,192 rows a unit, metered; copy, records and reset included", fig(0), "", "", true},
		{"the same, beside wasmtime", fig(0, 1, 2), fmt.Sprintf("%.2f of wasmtime with fuel, %.2f without", fuel, rate(0)/rate(2)), ">= 0.40 with fuel", fuel >= 0.40},
		{"the same, beside native code that copies nothing", fig(0, 5, 6), fmt.Sprintf("%.2f of Go, %.2f of C", rate(0)/rate(5), rate(0)/rate(6)), ">= 0.20 of Go", rate(0) >= 0.20*rate(5)},
		{"metering on and off, same runtime", fig(3, 4), fmt.Sprintf("%+.0f %% time", meter*100), "<= +30 %", meter <= 0.30},
	}, nil
}

// resets are the ways of putting a guest back that are measured, where they
// work. The first is what the product chooses.
var resets = []sandbox.Reset{sandbox.ResetAuto, sandbox.ResetTracked, sandbox.ResetCopy, sandbox.ResetCow, sandbox.ResetInstance}

// units measures small units: what a call and a reset cost.
func units(ctx context.Context) ([]line, error) {
	wasm, err := groupWasm()
	if err != nil {
		return nil, err
	}
	p, err := program(ctx, wasm)
	if err != nil {
		return nil, err
	}
	const rows = 16
	var all []contender
	for _, how := range resets {
		op, err := product(ctx, p, &sandbox.GuestOptions{Reset: how}, rows)
		if err != nil && how != sandbox.ResetAuto {
			continue // not on this machine
		}
		if err != nil {
			return nil, err
		}
		who := string(how)
		if how == sandbox.ResetAuto {
			who = "auto"
		}
		all = append(all, contender{"glovebox, reset " + who, op})
	}
	base := len(all)
	unit := unitOf(rows)
	e, err := newWazero(ctx, wasm, true)
	if err != nil {
		return nil, err
	}
	plain, err := newBare(e, wasm)
	if err != nil {
		return nil, err
	}
	all = append(all, contender{"no reset at all", func() error { return plain.run(unit) }})
	w, err := newWasmtime(wasm, true)
	if err != nil {
		return nil, err
	}
	peer, err := newBare(w, wasm)
	if err != nil {
		return nil, err
	}
	all = append(all, contender{"wasmtime, new instance", func() error {
		if err := w.renew(); err != nil {
			return err
		}
		if err := peer.place(); err != nil {
			return err
		}
		return peer.run(unit)
	}})
	took, err := compare(all)
	if err != nil {
		return nil, err
	}
	var fig []figure
	for i := range base {
		fig = append(fig, figure{all[i].who, fmt.Sprintf("%.2f µs", micro(took[i]))})
	}
	theirs := took[base+1]
	fig = append(fig, figure{"no reset", fmt.Sprintf("%.2f µs", micro(took[base]))}, figure{"wasmtime, new store and instance", fmt.Sprintf("%.2f µs", micro(theirs))})
	reset := took[0] - took[base]
	return []line{
		{"one unit of 16 rows: copy, call, records, reset", fig, fmt.Sprintf("%.1fx cheaper than a new instance of wasmtime", float64(theirs)/float64(took[0])), ">= 2.5x", float64(theirs) >= 2.5*float64(took[0])},
		{"the reset in it", []figure{{"auto", fmt.Sprintf("%.2f µs", micro(reset))}}, fmt.Sprintf("%.2f of a new instance of wasmtime", float64(reset)/float64(theirs)), "<= 0.40", float64(reset) <= 0.40*float64(theirs)},
		{"10 M such units on one core", []figure{{"glovebox", fmt.Sprintf("%.1f s", took[0].Seconds()*1e7)}}, "", "", true},
	}, nil
}

func micro(d time.Duration) float64 { return float64(d) / 1e3 }

// garbage measures how long a collection takes beside a guest that never
// rests, and beside a loop in Go, which tells what the machine itself adds.
func garbage(ctx context.Context) ([]line, error) {
	guest, native, err := spinners(ctx)
	if err != nil {
		return nil, err
	}
	var p99 []time.Duration
	for _, mk := range []func() (func() error, error){guest, native} {
		op, err := mk()
		if err != nil {
			return nil, err
		}
		stop, done := spin(op)
		var waits []time.Duration
		for range 200 {
			at := time.Now()
			runtime.GC()
			waits = append(waits, time.Since(at))
			time.Sleep(time.Millisecond)
		}
		close(stop)
		if err := <-done; err != nil {
			return nil, err
		}
		slices.Sort(waits)
		p99 = append(p99, waits[len(waits)*99/100].Round(10*time.Microsecond))
	}
	return []line{{"a whole collection beside a guest that never rests, wall time, p99 of 200", []figure{{"guest", p99[0].String()}, {"native Go loop instead", p99[1].String()}},
		fmt.Sprintf("%.1fx", float64(p99[0])/float64(p99[1])), "<= 20x", p99[0] <= 20*p99[1]}}, nil
}

// spin runs op without a rest until stop is closed.
func spin(op func() error) (stop chan struct{}, done chan error) {
	stop, done = make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
				if err := op(); err != nil {
					done <- err
					return
				}
			}
		}
	}()
	return stop, done
}

// spinners make the loop as a guest of the product and in Go.
func spinners(ctx context.Context) (guest, native func() (func() error, error), err error) {
	wasm, err := groupWasm()
	if err != nil {
		return nil, nil, err
	}
	p, err := program(ctx, wasm)
	if err != nil {
		return nil, nil, err
	}
	return func() (func() error, error) { return product(ctx, p, nil, batch) },
		func() (func() error, error) {
			k, v := columns(batch)
			sums, counts := new([groups]float64), new([groups]int64)
			return func() error { return nativeGo(k, v, sums, counts) }, nil
		}, nil
}

// workers measures two guests at once against one, and two loops in Go against
// one, which tells what the machine can give.
func workers(ctx context.Context) ([]line, error) {
	guest, native, err := spinners(ctx)
	if err != nil {
		return nil, err
	}
	const span = 400 * time.Millisecond
	throughput := func(mk func() (func() error, error), n int) (float64, error) {
		done := make(chan int, n)
		until := time.Now().Add(span)
		for range n {
			op, err := mk()
			if err != nil {
				return 0, err
			}
			go func() {
				k := 0
				for time.Now().Before(until) && op() == nil {
					k++
				}
				done <- k
			}()
		}
		total := 0
		for range n {
			total += <-done
		}
		return float64(total*batch) / span.Seconds(), nil
	}
	var best [2][2]float64
	for range 5 {
		for i, mk := range []func() (func() error, error){guest, native} {
			for n := range best[i] {
				v, err := throughput(mk, n+1)
				if err != nil {
					return nil, err
				}
				best[i][n] = max(best[i][n], v)
			}
		}
	}
	ours, theirs := best[0][1]/best[0][0], best[1][1]/best[1][0]
	return []line{{"two workers against one, wall time", []figure{{"one", mega(best[0][0])}, {"two", mega(best[0][1])}},
		fmt.Sprintf("%.2fx; native Go %.2fx", ours, theirs), ">= 0.85 of native Go", ours >= 0.85*theirs}}, nil
}
