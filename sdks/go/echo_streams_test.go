//go:build conformance

package net_test

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"testing"

	net "github.com/net-mesh/go"
)

func collect[T any](t *testing.T, items iter.Seq2[T, error]) (all []T) {
	t.Helper()
	for item, err := range items {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, item)
	}
	return all
}

func TestStreamsOfTheLibrary(t *testing.T) {
	ctx := context.Background()
	stream, err := net.CountUp(1000)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for item, err := range stream.All(ctx) {
		if err != nil || item > 3 {
			t.Fatal(item, err)
		}
		if item == 3 {
			break
		}
	}
	if item, found, err := stream.Next(ctx); item != 4 || !found || err != nil {
		t.Error("a loop that was left keeps the stream:", item, found, err)
	}
	rest := collect(t, stream.All(ctx))
	if len(rest) != 995 || rest[0] != 5 || rest[994] != 999 {
		t.Error(len(rest))
	}
	if _, found, err := stream.Next(ctx); found || err != nil {
		t.Error("the end stays:", found, err)
	}
}

func TestClosedStream(t *testing.T) {
	stream, err := net.CountUp(1 << 30)
	if err != nil {
		t.Fatal(err)
	}
	if stream.Close() != nil || stream.Close() != nil {
		t.Error("closing twice is harmless")
	}
	if _, found, err := stream.Next(context.Background()); found || err != nil {
		t.Error("a closed stream is at its end:", found, err)
	}
	if rest := collect(t, stream.All(context.Background())); len(rest) != 0 {
		t.Error(rest)
	}
}

func TestClosedStreamGivesNothingMore(t *testing.T) {
	ctx := context.Background()
	plain := check[*net.Stream[uint32]](t)(net.CountUp(1000))
	letters := check[*net.LetterStream](t)(box(t, "abc").Letters(3))
	if first := check[[]uint32](t)(plain.NextBatch(ctx, 1)); len(first) != 1 {
		t.Fatal(first)
	}
	_, _, failed := plain.Next(ctx)
	_, _, also := letters.Next(ctx)
	if err := errors.Join(failed, also, plain.Close(), letters.Close()); err != nil {
		t.Fatal(err)
	}
	numbers, texts := check[[]uint32](t)(plain.NextBatch(ctx, 5)), check[[]string](t)(letters.NextBatch(ctx, 5))
	if len(numbers) != 0 || len(texts) != 0 {
		t.Error(numbers, texts)
	}
}

func TestClosingEndsAPendingRead(t *testing.T) {
	hold, asked := make(chan struct{}), make(chan struct{})
	defer close(hold)
	stream := check[*net.Stream[net.Label]](t)(net.EchoStream(func(func(net.Label, error) bool) {
		close(asked)
		<-hold
	}))
	ended := make(chan error)
	go func() {
		_, found, err := stream.Next(context.Background())
		if found {
			err = errors.New("a value out of nothing")
		}
		ended <- err
	}()
	<-asked
	stream.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestStreamsOfTheProgram(t *testing.T) {
	ctx := context.Background()
	numbers := func(yield func(uint32, error) bool) {
		for i := range uint32(500) {
			if !yield(i, nil) {
				return
			}
		}
	}
	if sum, err := net.SumStream(ctx, numbers); sum != 499*500/2 || err != nil {
		t.Error(sum, err)
	}
	none := func(func(uint32, error) bool) {}
	if sum, err := net.SumStream(ctx, none); sum != 0 || err != nil {
		t.Error(sum, err)
	}
	failing := func(yield func(uint32, error) bool) {
		_ = yield(1, nil) && yield(0, &net.EchoError{Kind: net.EchoErrorKindBusy})
	}
	if _, err := net.SumStream(ctx, failing); !errors.Is(err, net.ErrEchoBusy) {
		t.Error(err)
	}
	panicking := func(func(uint32, error) bool) { panic("oh") }
	if _, err := net.SumStream(ctx, panicking); !errors.Is(err, net.ErrBaseHostThrew) {
		t.Error(err)
	}
}

func TestBackpressure(t *testing.T) {
	ctx := context.Background()
	var made atomic.Int64
	ended := make(chan struct{})
	endless := func(yield func(net.Label, error) bool) {
		defer close(ended)
		for yield(net.Label{Text: "x", Color: net.ColorRed}, nil) {
			made.Add(1)
		}
	}
	stream, err := net.EchoStream(endless)
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if item, found, err := stream.Next(ctx); !found || err != nil || item.Text != "x" {
			t.Fatal(item, found, err)
		}
	}
	if ahead := made.Load() - 1000; ahead > 256 {
		t.Error("the source runs ahead by", ahead)
	}
	stream.Close()
	<-ended
}

func TestEachItemComesAtOnce(t *testing.T) {
	ctx := context.Background()
	taken := make(chan struct{})
	source := func(yield func(net.Label, error) bool) {
		for range 20 {
			if !yield(net.Label{Text: "x"}, nil) {
				return
			}
			<-taken
		}
	}
	stream, err := net.EchoStream(source)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for range 20 {
		if _, found, err := stream.Next(ctx); !found || err != nil {
			t.Fatal(found, err)
		}
		taken <- struct{}{}
	}
	if _, found, err := stream.Next(ctx); found || err != nil {
		t.Error(found, err)
	}
}

func TestNamedStreams(t *testing.T) {
	ctx := context.Background()
	box, err := net.NewEchoBox("aßcdef")
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	letters, err := box.Letters(5)
	if err != nil {
		t.Fatal(err)
	}
	defer letters.Close()
	if err := letters.Skip(1); err != nil {
		t.Fatal(err)
	}
	if got := collect(t, letters.All(ctx)); len(got) != 4 || got[0] != "ß" || got[3] != "e" {
		t.Error(got)
	}
}

func TestABatchOfNothingIsRefused(t *testing.T) {
	stream, err := net.CountUp(3)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if _, err := stream.NextBatch(context.Background(), 0); !errors.Is(err, net.ErrBaseArgument) {
		t.Error(err)
	}
}

func TestCancelledStream(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	hold := make(chan struct{})
	defer close(hold)
	stream, err := net.EchoStream(func(func(net.Label, error) bool) {
		cancel()
		<-hold
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for _, err := range stream.All(ctx) {
		if !errors.Is(err, net.ErrBaseCancelled) || !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}
