package net

// #include <net_mesh.h>
// #cgo noescape net_queue_drain
// #cgo nocallback net_queue_drain
// #cgo noescape net_op_cancel
// #cgo nocallback net_op_cancel
import "C"

import (
	"context"
	"sync"
	"unsafe"
)

// outcome is how an operation ended.
type outcome struct {
	pack []byte
	err  error
}

// queue is where the library puts the ends of operations and the calls of handlers.
var queue struct {
	raw     *C.net_queue
	mu      sync.Mutex
	waiting map[uint64]chan outcome
	early   map[uint64]outcome
}

// start connects to the library, once; a library of another spec is refused.
var start = sync.OnceValue(func() error {
	if err := matches(C.GoString(C.net_spec_hash())); err != nil {
		return err
	}
	queue.waiting, queue.early = map[uint64]chan outcome{}, map[uint64]outcome{}
	hosts.live, hosts.running = map[uint64]instance{}, map[uint64]context.CancelFunc{}
	queue.raw = C.net_queue_new()
	take := func() bool { return drain() > 0 }
	if fd := int(C.net_queue_fd(queue.raw)); fd >= 0 {
		if err := whenReadable(fd, take); err != nil {
			return &BaseError{Kind: BaseErrorKindInternal, Detail: err.Error()}
		}
		return nil
	}
	// Without a descriptor one goroutine waits in the library.
	go func() {
		for C.net_queue_wait(queue.raw, -1) {
			take()
		}
	}()
	return nil
})

// matches tells why a library of that spec is not the one of this package.
func matches(found string) error {
	if found == specHash {
		return nil
	}
	detail := "built for spec " + specHash + ", library has " + found
	return &BaseError{Kind: BaseErrorKindMismatch, Detail: detail, What: "spec", Wanted: specHash, Found: found}
}

func queueContext() unsafe.Pointer { return unsafe.Pointer(queue.raw) }

const (
	eventCompleted = 1
	eventRequest   = 2
	eventAbandoned = 3
	eventReleased  = 4
)

// drain handles what is in the queue, and tells how much that was.
func drain() int {
	var out C.net_bytes
	count := int(C.net_queue_drain(queue.raw, 256, &out))
	r := &reader{buf: unsafe.Slice((*byte)(out.data), int(out.len))}
	for range count {
		switch unpackByte[uint8](r) {
		case eventCompleted:
			op, status := r.uvarint(), unpackByte[uint8](r)
			if status == 0 {
				complete(op, outcome{pack: unpackBytes[[]byte](r)})
			} else {
				complete(op, outcome{err: unpackError(r)})
			}
		case eventRequest:
			serve(r.uvarint(), uint32(r.uvarint()), r.uvarint(), unpackBytes[[]byte](r))
		case eventAbandoned:
			abandon(r.uvarint())
		case eventReleased:
			hosts.remove(r.uvarint())
		}
	}
	C.net_bytes_free(&out)
	return count
}

// complete hands an operation's end to whoever waits, or keeps it for whoever will.
func complete(op uint64, end outcome) {
	queue.mu.Lock()
	defer queue.mu.Unlock()
	if waiting, ok := queue.waiting[op]; ok {
		delete(queue.waiting, op)
		waiting <- end
	} else {
		queue.early[op] = end
	}
}

// waiters are channels for one end each, used again.
var waiters = sync.Pool{New: func() any { return make(chan outcome, 1) }}

// wait gives the end of an operation. When the context ends first, the operation is cancelled, and its end is still awaited.
func wait(ctx context.Context, op uint64) outcome {
	if op == 0 {
		return outcome{err: &BaseError{Kind: BaseErrorKindForked}}
	}
	queue.mu.Lock()
	if end, ok := queue.early[op]; ok {
		delete(queue.early, op)
		queue.mu.Unlock()
		return end
	}
	waiting := waiters.Get().(chan outcome)
	defer waiters.Put(waiting)
	queue.waiting[op] = waiting
	queue.mu.Unlock()
	select {
	case end := <-waiting:
		return end
	case <-ctx.Done():
		C.net_op_cancel(C.uint64_t(op))
		end := <-waiting
		if known, ok := end.err.(NetError); ok && known.KindText() == "cancelled" {
			known.because(ctx)
		}
		return end
	}
}

// await takes the result of an operation.
func await[T any](ctx context.Context, op C.uint64_t, take func(*reader) T, names ...spelling) (v T, err error) {
	end := wait(ctx, uint64(op))
	if end.err != nil {
		return v, spelled(end.err, names)
	}
	r := &reader{buf: end.pack, owned: true}
	v = take(r)
	return v, r.err
}

// awaitFound takes the result of an operation that may have none.
func awaitFound[T any](ctx context.Context, op C.uint64_t, take func(*reader) T, names ...spelling) (v T, found bool, err error) {
	there, err := await(ctx, op, unpackOptional(take), names...)
	return at(there), there != nil, err
}

// awaitEnd waits for an operation without a result.
func awaitEnd(ctx context.Context, op C.uint64_t, names ...spelling) error {
	return spelled(wait(ctx, uint64(op)).err, names)
}
