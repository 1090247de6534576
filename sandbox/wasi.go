package sandbox

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"glovebox.example/glovebox/sandbox/wasmbin"
)

// wasiModule is the one module that a guest may import from, and only if its
// manifest says so. Some languages cannot do without: what they get is a world
// in which nothing changes and nothing is there.
const wasiModule = "wasi_snapshot_preview1"

// Error numbers of WASI.
const (
	wasiOK    = 0
	wasiBadFD = 8
	wasiFault = 21
	wasiInval = 28
	wasiPipe  = 70
)

// Bounds of what one call may take, so that its fixed price in fuel pays for
// it.
const (
	wasiMaxBytes = 4096 // random bytes
	wasiMaxItems = 16   // pieces of a write, subscriptions of a poll
)

var errExit = errors.New("guest left by proc_exit")

// wasiFunc is one function: its type as letters (i: i32, I: i64), and what it
// does with its parameters. It returns the error number.
type wasiFunc struct {
	params string
	exits  bool
	do     func(ctx context.Context, m api.Memory, p []uint64) uint32
}

// wasiFuncs are the functions that there are. The clock stands at 1
// nanosecond (a clock at 0 stops the Go runtime), all random bytes are zero,
// there are no arguments, no environment, no files, and what is printed is
// discarded, on real data at least (SampleLogs). None keeps anything from one
// call to the next.
func wasiFuncs() map[string]wasiFunc {
	type answer = func(context.Context, api.Memory, []uint64) uint32
	always := func(v uint32) answer { return func(context.Context, api.Memory, []uint64) uint32 { return v } }
	zeros := func(from, to int) answer {
		return func(_ context.Context, m api.Memory, p []uint64) uint32 { return put32s(m, p[from:to], 0) }
	}
	clock := func(at int) answer {
		return func(_ context.Context, m api.Memory, p []uint64) uint32 {
			return fault(m.WriteUint64Le(uint32(p[at]), 1))
		}
	}
	all := map[string]wasiFunc{
		"args_get":          {"ii", false, always(wasiOK)},
		"args_sizes_get":    {"ii", false, zeros(0, 2)},
		"environ_get":       {"ii", false, always(wasiOK)},
		"environ_sizes_get": {"ii", false, zeros(0, 2)},
		"clock_res_get":     {"ii", false, clock(1)},
		"clock_time_get":    {"iIi", false, clock(2)},
		"fd_fdstat_get":     {"ii", false, wasiStat},
		"fd_read":           {"iiii", false, zeros(3, 4)},
		"fd_seek":           {"iIii", false, always(wasiPipe)},
		"fd_write":          {"iiii", false, wasiWrite},
		"poll_oneoff":       {"iiii", false, wasiPoll},
		"proc_exit":         {"i", true, nil},
		"random_get":        {"ii", false, wasiRandom},
		"sched_yield":       {"", false, always(wasiOK)},
	}
	// There are no files, folders or sockets, so no descriptor is a good one.
	for name, params := range map[string]string{
		"fd_advise": "iIIi", "fd_allocate": "iII", "fd_close": "i", "fd_datasync": "i", "fd_fdstat_set_flags": "ii", "fd_fdstat_set_rights": "iII",
		"fd_filestat_get": "ii", "fd_filestat_set_size": "iI", "fd_filestat_set_times": "iIIi", "fd_pread": "iiiIi", "fd_prestat_get": "ii",
		"fd_prestat_dir_name": "iii", "fd_pwrite": "iiiIi", "fd_readdir": "iiiIi", "fd_renumber": "ii", "fd_sync": "i", "fd_tell": "ii",
		"path_create_directory": "iii", "path_filestat_get": "iiiii", "path_filestat_set_times": "iiiiIIi", "path_link": "iiiiiii",
		"path_open": "iiiiiIIii", "path_readlink": "iiiiii", "path_remove_directory": "iii", "path_rename": "iiiiii", "path_symlink": "iiiii",
		"path_unlink_file": "iii", "sock_accept": "iii", "sock_recv": "iiiiii", "sock_send": "iiiii", "sock_shutdown": "ii",
	} {
		all[name] = wasiFunc{params, false, always(wasiBadFD)}
	}
	return all
}

// wasiImports is what a module may import if its manifest says so.
func wasiImports() []wasmbin.Import {
	var list []wasmbin.Import
	for name, f := range wasiFuncs() {
		t := wasmbin.FuncType{Results: []byte{wasmbin.I32}}
		if f.exits {
			t.Results = nil
		}
		for _, p := range f.params {
			if p == 'I' {
				t.Params = append(t.Params, wasmbin.I64)
			} else {
				t.Params = append(t.Params, wasmbin.I32)
			}
		}
		list = append(list, wasmbin.Import{Module: wasiModule, Name: name, Type: t})
	}
	return list
}

// instantiateWASI makes the functions known to a runtime.
func instantiateWASI(ctx context.Context, rt wazero.Runtime) error {
	b := rt.NewHostModuleBuilder(wasiModule)
	funcs := wasiFuncs()
	for _, i := range wasiImports() {
		f := funcs[i.Name]
		b = b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, mod api.Module, stack []uint64) {
			if f.exits {
				panic(errExit)
			}
			stack[0] = uint64(f.do(ctx, mod.Memory(), stack))
		}), i.Type.Params, i.Type.Results).Export(i.Name)
	}
	_, err := b.Instantiate(ctx)
	return err
}

func fault(ok bool) uint32 {
	if !ok {
		return wasiFault
	}
	return wasiOK
}

// put32s writes one number to each of the addresses.
func put32s(m api.Memory, at []uint64, v uint32) uint32 {
	for _, a := range at {
		if !m.WriteUint32Le(uint32(a), v) {
			return wasiFault
		}
	}
	return wasiOK
}

// wasiStat says that the three standard streams are there and can do nothing.
func wasiStat(_ context.Context, m api.Memory, p []uint64) uint32 {
	if uint32(p[0]) > 2 {
		return wasiBadFD
	}
	stat := make([]byte, 24)
	stat[0] = 2 // character device
	return fault(m.Write(uint32(p[1]), stat))
}

// wasiWrite says that all of what is written was.
func wasiWrite(ctx context.Context, m api.Memory, p []uint64) uint32 {
	if fd := uint32(p[0]); fd != 1 && fd != 2 {
		return wasiBadFD
	}
	at, n := uint32(p[1]), uint32(p[2])
	if n > wasiMaxItems {
		return wasiInval
	}
	total := uint32(0)
	pieces, ok := m.Read(at, 8*n)
	if !ok {
		return wasiFault
	}
	for i := range n {
		total += uint32(pieces[8*i+4]) | uint32(pieces[8*i+5])<<8 | uint32(pieces[8*i+6])<<16 | uint32(pieces[8*i+7])<<24
	}
	wasiLog(ctx, m, pieces)
	return put32s(m, p[3:4], total)
}

// wasiPoll says that everything that was waited for has happened.
func wasiPoll(_ context.Context, m api.Memory, p []uint64) uint32 {
	in, out, n := uint32(p[0]), uint32(p[1]), uint32(p[2])
	if n == 0 || n > wasiMaxItems {
		return wasiInval
	}
	for i := range n {
		sub, ok := m.Read(in+48*i, 9)
		if !ok {
			return wasiFault
		}
		event := make([]byte, 32)
		copy(event, sub[:8]) // user data
		event[10] = sub[8]   // kind
		if !m.Write(out+32*i, event) {
			return wasiFault
		}
	}
	return put32s(m, p[3:4], n)
}

// wasiRandom gives zeros.
func wasiRandom(_ context.Context, m api.Memory, p []uint64) uint32 {
	n := uint32(p[1])
	if n > wasiMaxBytes {
		return wasiInval
	}
	b, ok := m.Read(uint32(p[0]), n)
	if !ok {
		return wasiFault
	}
	clear(b)
	return wasiOK
}
