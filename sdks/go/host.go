package net

// #include <net_mesh.h>
// #cgo noescape net_queue_host
// #cgo nocallback net_queue_host
// #cgo noescape net_reply
// #cgo nocallback net_reply
// #cgo noescape net_reply_error
// #cgo nocallback net_reply_error
import "C"

import (
	"context"
	"fmt"
	"sync"
)

// instance is an object of the program that the library holds.
type instance struct {
	// call answers one method.
	call func(ctx context.Context, method uint32, args *reader, w *writer) error
	// released is called when the library has let go, if it is there.
	released func()
}

// hosts are the objects that the library holds, and the calls of them that are under way.
var hosts registry

type registry struct {
	mu      sync.Mutex
	last    uint64
	live    map[uint64]instance
	running map[uint64]context.CancelFunc
}

func (h *registry) add(object instance) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	h.live[h.last] = object
	return h.last
}

func (h *registry) remove(id uint64) {
	h.mu.Lock()
	object := h.live[id]
	delete(h.live, id)
	h.mu.Unlock()
	if object.released != nil {
		object.released()
	}
}

// begin finds what a request is for, and makes it one that can be abandoned.
func (h *registry) begin(id, reply uint64) (context.Context, instance) {
	ctx, cancel := context.WithCancel(context.Background())
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running[reply] = cancel
	return ctx, h.live[id]
}

func (h *registry) end(reply uint64) {
	h.mu.Lock()
	cancel := h.running[reply]
	delete(h.running, reply)
	h.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

// lend gives the library an object of the program, until it says that it let go of it.
func lend(a *arguments, object instance, absent uint64, props []byte) *C.net_host {
	if start() != nil {
		return nil
	}
	var view C.net_view
	if props != nil {
		a.pins.Pin(&props[0])
		view = viewOf(props)
	}
	host := C.net_queue_host(queue.raw, C.uint64_t(hosts.add(object)), C.uint64_t(absent), view)
	return &host
}

// serve answers a request of the library in a goroutine of its own.
func serve(id uint64, method uint32, reply uint64, args []byte) {
	ctx, object := hosts.begin(id, reply)
	go func() {
		w := &writer{buf: []byte{}, name: "result"}
		err := fmt.Errorf("the handler ended its goroutine")
		defer func() {
			if reason := recover(); reason != nil {
				err = fmt.Errorf("panic: %v", reason)
			}
			answer(reply, w, err)
		}()
		err = object.call(ctx, method, &reader{buf: args, owned: true}, w)
	}()
}

func answer(reply uint64, w *writer, err error) {
	hosts.end(reply)
	if err == nil {
		err = w.err
	}
	if err == nil {
		C.net_reply(C.uint64_t(reply), viewOf(w.buf))
		return
	}
	code, detail, fields := crossing(err)
	C.net_reply_error(C.uint64_t(reply), C.uint16_t(code>>16), C.uint16_t(code), viewOf(detail), viewOf(fields))
}

// crossing is the form of an error in which it crosses, also of one that cannot even say what it is, such as a nil pointer.
func crossing(err error) (code uint32, detail string, fields []byte) {
	defer func() {
		if reason := recover(); reason != nil {
			code, detail, fields = toNetError(fmt.Errorf("an error that panics: %v", reason)).cross()
		}
	}()
	return toNetError(err).cross()
}

// abandon ends the context of a call whose answer nobody waits for.
func abandon(reply uint64) { hosts.end(reply) }
