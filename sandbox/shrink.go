package sandbox

import (
	"reflect"

	"github.com/tetratelabs/wazero/api"
	"golang.org/x/sys/unix"

	"glovebox.example/glovebox/sandbox/wasmbin"
)

// bufferOf finds the slice in which the runtime keeps a memory, or nil. The
// runtime's interface can only grow a memory; cutting this slice one page short
// of a size and growing by one page shrinks it, and tells the compiled code so.
// It relies on a name inside the runtime, so it is used only if the self-test
// saw it work.
func bufferOf(m api.Memory) *[]byte {
	v := reflect.ValueOf(m)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil
	}
	f := v.Elem().FieldByName("Buffer")
	if !f.IsValid() || !f.CanAddr() || !f.Addr().CanInterface() {
		return nil
	}
	b, _ := f.Addr().Interface().(*[]byte)
	return b
}

// shrink gives back the memory beyond size, which reads as zero when it is
// grown again. It says false if that cannot be done; the instance must not be
// used again then.
func (in *instance) shrink(size int) bool {
	now := in.size()
	if in.buffer == nil || size < wasmbin.PageBytes || now <= size || now > len(in.linear.buf) {
		return false
	}
	if unix.Madvise(in.linear.buf[size:now], unix.MADV_DONTNEED) != nil {
		return false
	}
	*in.buffer = (*in.buffer)[:size-wasmbin.PageBytes]
	_, ok := in.mem.Grow(1)
	return ok && in.size() == size
}
