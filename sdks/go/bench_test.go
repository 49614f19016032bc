//go:build conformance

package net_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	net "github.com/net-mesh/go"
)

// event is a JSON text of 64 bytes.
var event = `{"token":"` + strings.Repeat("x", 52) + `"}`

// small is a node that keeps few events, so that memory stays out of the measurement.
func small() *net.NetNodeConfig {
	return &net.NetNodeConfig{Shards: net.Ptr[uint32](1), BufferCapacity: 1 << 16}
}

// measure makes the same call again and again.
func measure(b *testing.B, call func() error) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if err := call(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCall is the floor: a checked call with a number each way.
func BenchmarkCall(b *testing.B) {
	measure(b, func() error { _, err := net.EchoU32(1); return err })
}

func BenchmarkPush(b *testing.B) {
	box, text := box(b, ""), []byte{0xff}
	measure(b, func() error { _, err := box.Push(text); return err })
}

func BenchmarkEmitRaw(b *testing.B) {
	bus := node(b, small())
	measure(b, func() error { _, err := bus.EmitRaw(event, nil); return err })
}

func BenchmarkEmit(b *testing.B) {
	bus, value := node(b, small()), map[string]string{"token": strings.Repeat("x", 52)}
	measure(b, func() error { _, err := bus.Emit(value, nil); return err })
}

func BenchmarkEmitBuffer(b *testing.B) {
	bus, data := node(b, small()), []byte(event)
	measure(b, func() error { _, err := bus.EmitBuffer(data, nil); return err })
}

func BenchmarkFire(b *testing.B) {
	bus := node(b, small())
	measure(b, func() error { _, err := bus.Fire(event); return err })
}

func BenchmarkEmitRawBatch(b *testing.B) {
	bus, batch := node(b, small()), make([]string, 1000)
	for i := range batch {
		batch[i] = event
	}
	measure(b, func() error { _, err := bus.EmitRawBatch(batch, nil); return err })
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/event")
}

func BenchmarkPoll(b *testing.B) {
	ctx, bus := context.Background(), node(b, small())
	for range 10_000 {
		check[net.Receipt](b)(bus.EmitRaw(event, nil))
	}
	request := &net.PollRequest{Limit: 10_000}
	measure(b, func() error { _, err := bus.Poll(ctx, request); return err })
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/event")
}

func BenchmarkAsynchronousCall(b *testing.B) {
	ctx, box := context.Background(), box(b, "text")
	measure(b, func() error { _, err := box.Read(ctx); return err })
}

func BenchmarkAsynchronousCallsInFlight(b *testing.B) {
	const inFlight = 256
	ctx, box := context.Background(), box(b, "text")
	b.ReportAllocs()
	var group sync.WaitGroup
	for worker := range inFlight {
		rounds := (b.N + worker) / inFlight
		group.Add(1)
		go func() {
			defer group.Done()
			for range rounds {
				if _, err := box.Read(ctx); err != nil {
					b.Error(err)
					return
				}
			}
		}()
	}
	group.Wait()
}
