package net

// #include <net_mesh.h>
// #cgo noescape net_stream_next
// #cgo nocallback net_stream_next
// #cgo noescape net_stream_close
// #cgo nocallback net_stream_close
import "C"

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync/atomic"
)

// batchSize is how many values cross at once at most.
const batchSize = 64

// Stream gives values as they come.
type Stream[T any] struct {
	core  *object
	items *feed[T, T]
}

// unpackStream takes over a stream of the library.
func unpackStream[T any](unpack func(*reader) T) func(*reader) *Stream[T] {
	return func(r *reader) *Stream[T] { return newStream(r.uvarint(), unpack) }
}

func newStream[T any](handle uint64, unpack func(*reader) T) *Stream[T] {
	core := newObject(handle)
	return &Stream[T]{core: core, items: newFeed(core, unpack, keep[T], func(most uint32) C.uint64_t {
		return C.net_stream_next(core.id(), C.uint32_t(most), nil, queueContext())
	})}
}

// Next waits for the next value; false is the end.
func (s *Stream[T]) Next(ctx context.Context) (value T, found bool, err error) {
	return s.feed().next(ctx)
}

// NextBatch waits for the next value, and gives those with it that are there already, up to a number; none is the end.
func (s *Stream[T]) NextBatch(ctx context.Context, most uint32) (values []T, err error) {
	return s.feed().nextBatch(ctx, most)
}

// All gives the remaining values. It ends with the stream, with the context, or with an error that is not to be retried.
// Leaving the loop early keeps the stream open.
func (s *Stream[T]) All(ctx context.Context) iter.Seq2[T, error] { return s.feed().all(ctx) }

// Close ends the stream: what waits for a value hears the end.
func (s *Stream[T]) Close() error {
	if s.feed().end() || s == nil {
		return nil
	}
	C.net_stream_close(s.core.id(), nil)
	s.core.release()
	return nil
}

// feed is what values come from, nil for none.
func (s *Stream[T]) feed() *feed[T, T] {
	if s == nil {
		return nil
	}
	return s.items
}

// feed takes values from the library in batches.
type feed[R, T any] struct {
	core    *object
	turn    chan struct{}
	over    atomic.Bool
	batch   []R
	unpack  func(*reader) []R
	convert func(R) (T, error)
	ask     func(most uint32) C.uint64_t
}

func newFeed[R, T any](core *object, unpack func(*reader) R, convert func(R) (T, error), ask func(most uint32) C.uint64_t) *feed[R, T] {
	return &feed[R, T]{core: core, turn: make(chan struct{}, 1), unpack: unpackList(unpack), convert: convert, ask: ask}
}

func (f *feed[R, T]) next(ctx context.Context) (value T, found bool, err error) {
	err = f.inTurn(ctx, func() error {
		if err := f.fill(ctx, batchSize); err != nil || len(f.batch) == 0 {
			return err
		}
		found = true
		value, err = f.convert(f.batch[0])
		f.batch = f.batch[1:]
		return err
	})
	return value, found, err
}

func (f *feed[R, T]) nextBatch(ctx context.Context, most uint32) (values []T, err error) {
	if most == 0 {
		return nil, argumentError("most", "0 is below 1")
	}
	err = f.inTurn(ctx, func() error {
		err := f.fill(ctx, most)
		for err == nil && len(f.batch) > 0 && uint32(len(values)) < most {
			var value T
			if value, err = f.convert(f.batch[0]); err == nil {
				values = append(values, value)
			} else if len(values) > 0 {
				return nil
			}
			f.batch = f.batch[1:]
		}
		return err
	})
	return values, err
}

// inTurn lets one goroutine at a time take from the stream.
func (f *feed[R, T]) inTurn(ctx context.Context, take func() error) error {
	if f == nil {
		return &BaseError{Kind: BaseErrorKindHandle, Detail: "closed"}
	}
	if err := alive(ctx); err != nil {
		return err
	}
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
		return take()
	case <-ctx.Done():
		return cancelled(ctx)
	}
}

// end has the stream give out nothing more, and tells whether it was at its end already.
func (f *feed[R, T]) end() bool {
	return f != nil && f.over.Swap(true)
}

// fill fetches values if none are left.
func (f *feed[R, T]) fill(ctx context.Context, most uint32) (err error) {
	if len(f.batch) == 0 && !f.over.Load() {
		f.batch, err = await(ctx, f.ask(most), f.unpack)
		runtime.KeepAlive(f.core)
	}
	// Somebody may have ended it meanwhile.
	if f.over.Load() {
		f.batch, err = nil, nil
	}
	return err
}

func (f *feed[R, T]) all(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			value, found, err := f.next(ctx)
			if err == nil && !found || !yield(value, err) {
				return
			}
			if known, ok := err.(NetError); ok && !found && !known.Retry() {
				return
			}
		}
	}
}

// keep is the conversion of values that cross as they are.
func keep[T any](v T) (T, error) { return v, nil }

// parsed is the conversion of JSON texts.
func parsed[T any](text string) (v T, err error) {
	err = decodeJSON([]byte(text), &v)
	return v, err
}

// lendStream gives the library a stream of the program, from which it takes values when it asks for them.
func lendStream[T any](a *arguments, pack func(*writer, T), items iter.Seq2[T, error]) *C.net_host {
	if items == nil {
		return nil
	}
	p := &pump[T]{source: items, items: make(chan item[T]), done: make(chan struct{})}
	call := func(ctx context.Context, _ uint32, args *reader, w *writer) error {
		if !p.running {
			p.running = true
			go p.run()
		}
		batch, err := p.take(ctx, int(unpackUint[uint32](args)))
		packList(pack)(w, batch)
		return err
	}
	return lend(a, instance{call: call, released: func() { close(p.done) }}, 0, nil)
}

// pump runs an iterator of the program at most one value ahead of who takes from it.
type pump[T any] struct {
	source  iter.Seq2[T, error]
	running bool
	items   chan item[T]
	failed  error
	done    chan struct{}
}

type item[T any] struct {
	value T
	err   error
}

func (p *pump[T]) run() {
	defer close(p.items)
	defer func() {
		if reason := recover(); reason != nil {
			p.put(item[T]{err: fmt.Errorf("panic: %v", reason)})
		}
	}()
	for value, err := range p.source {
		if !p.put(item[T]{value, err}) {
			return
		}
	}
}

func (p *pump[T]) put(next item[T]) bool {
	select {
	case p.items <- next:
		return true
	case <-p.done:
		return false
	}
}

// take waits for one value, and adds those that are there already. An error comes after the values before it.
func (p *pump[T]) take(ctx context.Context, most int) (batch []T, err error) {
	if err, p.failed = p.failed, nil; err != nil {
		return nil, err
	}
	select {
	case next, ok := <-p.items:
		for ok && next.err == nil {
			if batch = append(batch, next.value); len(batch) >= most {
				return batch, nil
			}
			runtime.Gosched()
			select {
			case next, ok = <-p.items:
			default:
				return batch, nil
			}
		}
		if len(batch) > 0 {
			p.failed, next.err = next.err, nil
		}
		return batch, next.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
