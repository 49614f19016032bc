package net

// #include <net_mesh.h>
// #cgo noescape net_bytes_free
// #cgo nocallback net_bytes_free
// #cgo noescape net_error_free
// #cgo nocallback net_error_free
// #cgo noescape net_handle_free
// #cgo nocallback net_handle_free
import "C"

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// arguments turns what a call is given into what crosses.
type arguments struct {
	writer
	pins runtime.Pinner
}

// reused are arguments with a buffer of an earlier call.
func reused() *arguments { return buffers.Get().(*arguments) }

var buffers = sync.Pool{New: func() any { return &arguments{} }}

// largestReused is how much memory a buffer may keep between calls.
const largestReused = 1 << 20

// done keeps the buffer for another call: the library has copied what it needs.
func (a *arguments) done() {
	if cap(a.buf) <= largestReused {
		*a = arguments{writer: writer{buf: a.buf[:0]}}
		buffers.Put(a)
	}
}

// named says which argument comes next, for errors.
func (a *arguments) named(name string) *arguments {
	a.name = name
	return a
}

// ready tells why a call cannot begin.
func (a *arguments) ready() error {
	if err := start(); err != nil {
		return err
	}
	return a.err
}

// begin tells why a call that waits cannot begin.
func (a *arguments) begin(ctx context.Context) error {
	if err := a.ready(); err != nil {
		return err
	}
	return alive(ctx)
}

// alive tells why nothing can be waited for under a context.
func alive(ctx context.Context) error {
	switch {
	case ctx == nil:
		return argumentError("ctx", "is nil")
	case ctx.Err() != nil:
		return cancelled(ctx)
	default:
		return nil
	}
}

// packed is the view of a value's pack.
func packed[T any](a *arguments, name string, pack func(*writer, T), v T) C.net_view {
	a.name = name
	start := len(a.buf)
	pack(&a.writer, v)
	return viewOf(a.buf[start:])
}

// packedOr is the view of a value's pack, or of nothing.
func packedOr[T any](a *arguments, name string, pack func(*writer, T), there bool, v T) C.net_view {
	if !there {
		return C.net_view{}
	}
	return packed(a, name, pack, v)
}

// nothing is what the view of an empty value points to: without an address it would stand for none.
var nothing byte

func viewOf[T ~string | ~[]byte](v T) C.net_view {
	data := &nothing
	if len(v) > 0 {
		data = unsafe.StringData(*(*string)(unsafe.Pointer(&v)))
	}
	return C.net_view{data: (*C.uint8_t)(data), len: C.size_t(len(v))}
}

// viewOr is the view of a value that is there, or of nothing.
func viewOr[T ~string | ~[]byte](there bool, v T) C.net_view {
	if !there {
		return C.net_view{}
	}
	return viewOf(v)
}

// viewOfArray is the view of an array of bytes that is there, or of nothing.
func viewOfArray[T any](v *T) C.net_view {
	if v == nil {
		return C.net_view{}
	}
	return viewOf(arrayBytes(v))
}

func bytesOf(view C.net_view) []byte {
	return unsafe.Slice((*byte)(view.data), int(view.len))
}

// failed makes the error of a call, and frees it.
func failed(e *C.net_error, names ...spelling) error {
	fields := &reader{buf: bytesOf(e.fields)}
	err := decodeError(uint16(e.family), uint16(e.kind), string(bytesOf(e.message)), string(bytesOf(e.detail)), fields)
	C.net_error_free(e)
	return spelled(err, names)
}

// taken makes a value of what a call gave, and frees that.
func taken[T any](out *C.net_bytes, take func(*reader) T) (T, error) {
	r := &reader{buf: unsafe.Slice((*byte)(out.data), int(out.len))}
	v := take(r)
	C.net_bytes_free(out)
	return v, r.err
}

// rest is the whole pack, for results that cross bare.
func rest[T ~string | ~[]byte](r *reader) T { return T(append([]byte{}, r.buf...)) }

func restJSON[T any](r *reader) (v T) {
	if err := decodeJSON(r.buf, &v); err != nil {
		r.err = err
	}
	return v
}

// object owns a handle.
type object struct {
	handle  atomic.Uint64
	cleanup runtime.Cleanup
	chained atomic.Pointer[error]
}

func newObject(handle uint64) *object {
	o := &object{}
	o.handle.Store(handle)
	o.cleanup = runtime.AddCleanup(o, func(handle uint64) { C.net_handle_free(C.net_handle(handle)) }, handle)
	return o
}

// id is zero once the object is closed, for which the library answers with an error.
// The zero value of a type has no object, and counts as closed as well.
func (o *object) id() C.net_handle {
	if o == nil {
		return 0
	}
	return C.net_handle(o.handle.Load())
}

// handle is that of an object which is an argument.
func (w *writer) handle(o interface{ id() C.net_handle }) C.net_handle {
	handle := o.id()
	if handle == 0 {
		w.fail(&BaseError{Kind: BaseErrorKindHandle, Detail: w.name + ": is nil or closed"})
	}
	return handle
}

// release frees the handle the first time.
func (o *object) release() {
	if o == nil {
		return
	}
	if handle := o.handle.Swap(0); handle != 0 {
		o.cleanup.Stop()
		C.net_handle_free(C.net_handle(handle))
	}
}

// chain keeps the first error of methods that answer with the object itself.
func (o *object) chain(err error) {
	if o != nil && err != nil {
		o.chained.CompareAndSwap(nil, &err)
	}
}

// broken gives the error of an earlier chained method, once.
func (o *object) broken() error {
	if o == nil {
		return nil
	}
	return at(o.chained.Swap(nil))
}

// liveHandles counts the objects that the library keeps for this program, and those that it keeps of it.
func liveHandles() int { return int(C.net_live_handles()) }
