package net_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	net "github.com/net-mesh/go"
)

// node makes a node that is shut down with the test.
func node(t testing.TB, config *net.NetNodeConfig) *net.NetNode {
	t.Helper()
	node, err := net.NewNetNode(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { node.Close() })
	return node
}

func oneShard() *net.NetNodeConfig { return &net.NetNodeConfig{Shards: net.Ptr[uint32](1)} }

// check ends the test on an error.
func check[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func texts(events []net.StoredEvent) (texts []string) {
	for _, event := range events {
		texts = append(texts, event.Raw)
	}
	return texts
}

func TestQuickStart(t *testing.T) {
	ctx := context.Background()
	bus := node(t, &net.NetNodeConfig{Shards: net.Ptr[uint32](4)})
	type reading struct {
		Celsius float64 `json:"celsius"`
	}
	receipt := check[net.Receipt](t)(bus.Emit(reading{21.5}, nil))
	check[net.Receipt](t)(bus.EmitRaw(`{"celsius":22}`, net.Ptr("kitchen")))
	count := check[uint32](t)(bus.EmitBatch([]any{reading{1}, map[string]int{"b": 2}}, nil))
	if receipt.ShardID >= 4 || count != 2 {
		t.Error(receipt, count)
	}
	if err := bus.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	page := check[net.PollResponse](t)(bus.Poll(ctx, &net.PollRequest{Ordering: net.OrderingInsertionTS}))
	if len(page.Events) != 4 || page.HasMore || page.Events[0].Raw != `{"celsius":21.5}` {
		t.Error(page)
	}
	var parsed reading
	if err := page.Events[1].Parse(&parsed); err != nil || parsed.Celsius != 22 {
		t.Error(parsed, err)
	}
	if since := time.Since(page.Events[0].InsertionTS); since < 0 || since > time.Minute {
		t.Error("inserted", since, "ago")
	}
	if err := bus.Shutdown(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := bus.EmitRaw("{}", nil); !errors.Is(err, net.ErrBusClosed) {
		t.Error(err)
	}
}

func TestOrderAndCursor(t *testing.T) {
	ctx := context.Background()
	bus := node(t, oneShard())
	for i := range 250 {
		check[net.Receipt](t)(bus.EmitRaw(strconv.Itoa(i), nil))
	}
	request := net.PollRequest{Limit: 100}
	var all []string
	for {
		page := check[net.PollResponse](t)(bus.Poll(ctx, &request))
		all = append(all, texts(page.Events)...)
		request.Cursor = page.NextID
		if !page.HasMore {
			break
		}
	}
	if len(all) != 250 {
		t.Fatal(len(all))
	}
	for i, text := range all {
		if text != strconv.Itoa(i) {
			t.Fatal(i, text)
		}
	}
	_, err := bus.Poll(ctx, &net.PollRequest{Cursor: net.Ptr("nonsense")})
	if !errors.Is(err, net.ErrBusInvalidCursor) {
		t.Error(err)
	}
}

func TestPollOne(t *testing.T) {
	ctx := context.Background()
	bus := node(t, oneShard())
	if _, found, err := bus.PollOne(ctx); found || err != nil {
		t.Error(found, err)
	}
	check[net.Receipt](t)(bus.EmitRaw("1", nil))
	if event, found, err := bus.PollOne(ctx); !found || err != nil || event.Raw != "1" {
		t.Error(event, found, err)
	}
}

func TestWaysToEmit(t *testing.T) {
	ctx := context.Background()
	bus := node(t, oneShard())
	check[bool](t)(bus.EmitBuffer([]byte("1"), nil))
	check[bool](t)(bus.Fire("2"))
	check[uint32](t)(bus.FireBatch([]string{"3", "4"}))
	check[uint32](t)(bus.EmitRawBatch([]string{"5", "6"}, nil))
	check[uint32](t)(bus.PushBatch([][]byte{[]byte("7")}, nil))
	check[net.Receipt](t)(bus.EmitRawAsync(ctx, "8", nil))
	check[uint32](t)(bus.EmitRawBatchAsync(ctx, []string{"9"}, nil))
	hashed := check[net.HashedEvent](t)(bus.Prehash([]byte("10")))
	check[bool](t)(bus.PushWithHash(hashed.Data, hashed.Hash))
	if err := bus.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	page := check[net.PollResponse](t)(bus.Poll(ctx, nil))
	if got := fmt.Sprint(texts(page.Events)); got != "[1 2 3 4 5 6 7 8 9 10]" {
		t.Error(got)
	}
	stats := check[net.Stats](t)(bus.Stats())
	if stats.EventsIngested != 10 || stats.Rejected != 0 {
		t.Errorf("%+v", stats)
	}
}

func TestBusErrors(t *testing.T) {
	bus := node(t, &net.NetNodeConfig{Shards: net.Ptr[uint32](1), MaxEventBytes: 16})
	var known *net.BusError
	_, err := bus.EmitRaw("{", nil)
	if !errors.As(err, &known) || known.Kind != net.BusErrorKindInvalidJSON || known.Offset != 1 {
		t.Errorf("%v", err)
	}
	_, err = bus.EmitRawBatch([]string{"1", `"` + "01234567890123456789" + `"`}, nil)
	if !errors.As(err, &known) || known.Kind != net.BusErrorKindEventTooLarge || known.Index != 1 || known.Limit != 16 {
		t.Errorf("%v", err)
	}
	_, err = net.NewNetNode(&net.NetNodeConfig{BufferCapacity: 3})
	if !errors.Is(err, net.ErrBusInvalidConfig) {
		t.Error(err)
	}
	_, err = bus.Subscribe(&net.SubscribeOptions{Filter: net.Ptr("((")})
	if !errors.Is(err, net.ErrBusInvalidFilter) {
		t.Error(err)
	}
}

func TestBackpressureErrors(t *testing.T) {
	config := oneShard()
	config.BufferCapacity, config.Backpressure = 2, net.BackpressureFailProducer
	bus := node(t, config)
	stream := check[*net.EventStream](t)(bus.Subscribe(nil))
	defer stream.Close()
	var err error
	for range 8 {
		if _, err = bus.EmitRaw("1", nil); err != nil {
			break
		}
	}
	var known net.NetError
	if !errors.Is(err, net.ErrBusBackpressure) || !errors.As(err, &known) || !known.Retry() {
		t.Error(err)
	}
}

func TestSubscribe(t *testing.T) {
	ctx := context.Background()
	bus := node(t, oneShard())
	stream := check[*net.EventStream](t)(bus.Subscribe(nil))
	defer stream.Close()
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		next := 0
		for event, err := range stream.All(ctx) {
			if err != nil || event.Raw != strconv.Itoa(next) {
				t.Error(event, err)
				return
			}
			if next++; next == 500 {
				stream.Stop()
			}
		}
		if next != 500 {
			t.Error("ended at", next)
		}
	}()
	for i := range 500 {
		check[net.Receipt](t)(bus.EmitRaw(strconv.Itoa(i), nil))
	}
	group.Wait()
}

func TestSubscriptionEndsWithItsContextAndItsNode(t *testing.T) {
	bus := node(t, oneShard())
	stream := check[*net.EventStream](t)(bus.Subscribe(nil))
	defer stream.Close()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() {
		_, _, err := stream.Next(ctx)
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	check[net.Receipt](t)(bus.EmitRaw("1", nil))
	if event, found, err := stream.Next(context.Background()); event.Raw != "1" || !found || err != nil {
		t.Error("nothing is lost:", event, found, err)
	}
	go func() {
		for _, err := range stream.All(context.Background()) {
			ended <- err
		}
		close(ended)
	}()
	if err := bus.Shutdown(context.Background(), nil); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil && !errors.Is(err, net.ErrBusClosed) {
		t.Error(err)
	}
}

func TestSubscriptionTimeout(t *testing.T) {
	bus := node(t, oneShard())
	stream := check[*net.EventStream](t)(net.NewEventStream(bus, &net.SubscribeOptions{Timeout: net.Ptr(time.Millisecond)}))
	defer stream.Close()
	for event, err := range stream.All(context.Background()) {
		t.Error(event, err)
	}
}

func TestStoppedStreamGivesNothingMore(t *testing.T) {
	ctx := context.Background()
	bus := node(t, oneShard())
	check[uint32](t)(bus.EmitRawBatch([]string{"1", "2", "3"}, nil))
	endings := []func(*net.EventStream) error{(*net.EventStream).Stop, (*net.EventStream).Close}
	for _, end := range endings {
		stream := check[*net.EventStream](t)(bus.Subscribe(nil))
		if event, found, err := stream.Next(ctx); event.Raw != "1" || !found || err != nil {
			t.Fatal(event, found, err)
		}
		if err := errors.Join(end(stream), end(stream), stream.Stop(), stream.Close()); err != nil {
			t.Error(err)
		}
		if event, found, err := stream.Next(ctx); found || err != nil {
			t.Error(event, err)
		}
	}
	typed := check[*net.TypedEventStream[int]](t)(net.NetNodeSubscribeTyped[int](bus, nil))
	defer typed.Close()
	if value, found, err := typed.Next(ctx); value != 1 || !found || err != nil {
		t.Fatal(value, found, err)
	}
	if err := typed.Stop(); err != nil {
		t.Error(err)
	}
	if values := check[[]int](t)(typed.NextBatch(ctx, 5)); len(values) != 0 {
		t.Error(values)
	}
}

func TestShutdownDelivers(t *testing.T) {
	ctx := context.Background()
	bus := node(t, &net.NetNodeConfig{Shards: net.Ptr[uint32](2)})
	stream := check[*net.EventStream](t)(bus.Subscribe(nil))
	idle := check[*net.EventStream](t)(bus.Subscribe(&net.SubscribeOptions{Filter: net.Ptr(`{"path":"never","value":1}`)}))
	read, ended := make(chan string, 100), make(chan error, 2)
	go func() {
		for event, err := range stream.All(ctx) {
			if err != nil {
				ended <- err
				return
			}
			read <- event.Raw
		}
		ended <- nil
	}()
	go func() {
		_, _, err := idle.Next(ctx)
		ended <- err
	}()
	for i := range 100 {
		check[net.Receipt](t)(bus.EmitRaw(strconv.Itoa(i), nil))
	}
	for range 2 {
		if err := bus.Shutdown(ctx, nil); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := <-ended; !errors.Is(err, net.ErrBusClosed) {
			t.Error(err)
		}
	}
	for i := range 100 {
		if text := <-read; text != strconv.Itoa(i) {
			t.Fatal(i, text)
		}
	}
}

func TestShutdownEndsAlthoughNobodyReads(t *testing.T) {
	ctx := context.Background()
	bus := node(t, oneShard())
	idle := check[*net.EventStream](t)(bus.Subscribe(nil))
	check[net.Receipt](t)(bus.EmitRaw("1", nil))
	if err := bus.Shutdown(ctx, &net.ShutdownOptions{Timeout: net.Ptr(time.Millisecond)}); err != nil {
		t.Fatal(err)
	}
	_, _, next := idle.Next(ctx)
	_, poll := bus.Poll(ctx, nil)
	_, subscribe := bus.Subscribe(nil)
	for _, err := range []error{next, poll, subscribe} {
		if !errors.Is(err, net.ErrBusClosed) {
			t.Error(err)
		}
	}
	if room := check[bool](t)(bus.Fire("1")); room {
		t.Error("a node that is shut down has room")
	}
}

func TestLaggedSubscription(t *testing.T) {
	ctx := context.Background()
	config := oneShard()
	config.BufferCapacity = 2
	bus := node(t, config)
	stream := check[*net.EventStream](t)(bus.Subscribe(nil))
	defer stream.Close()
	check[uint32](t)(bus.EmitRawBatch([]string{"0", "1", "2", "3"}, nil))
	var missed *net.BusError
	if _, _, err := stream.Next(ctx); !errors.As(err, &missed) || !errors.Is(err, net.ErrBusLagged) || missed.First != 0 || missed.Last != 1 {
		t.Error(missed)
	}
	if rest := texts(check[[]net.StoredEvent](t)(stream.NextBatch(ctx, 5))); fmt.Sprint(rest) != "[2 3]" {
		t.Error(rest)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	config := oneShard()
	config.MaxBufferBytes, config.Backpressure = 100, net.BackpressureFailProducer
	bus := node(t, config)
	var full *net.BusError
	if _, err := bus.Emit(strings.Repeat("x", 200), nil); !errors.As(err, &full) || full.Kind != net.BusErrorKindMemoryFull || full.Limit != 100 {
		t.Error(err)
	}
}

type reading struct {
	Room    string
	Celsius float64
}

func TestChannel(t *testing.T) {
	ctx := context.Background()
	bus := node(t, nil)
	channel := check[*net.TypedChannel[reading]](t)(net.NetNodeChannel[reading](bus, "sensors/temperature"))
	defer channel.Close()
	if channel.Name() != "sensors/temperature" {
		t.Error(channel.Name())
	}
	other := check[*net.TypedChannel[reading]](t)(net.NewTypedChannel[reading](bus, "other"))
	defer other.Close()
	check[bool](t)(other.Publish(reading{"nowhere", 0}))
	check[bool](t)(channel.Publish(reading{"hall", 1}))
	if count := check[uint32](t)(channel.PublishBatch([]reading{{"bath", 2}, {"roof", 3}})); count != 3-1 {
		t.Error(count)
	}
	stream := check[*net.TypedEventStream[reading]](t)(channel.Subscribe(nil))
	defer stream.Close()
	for _, want := range []reading{{"hall", 1}, {"bath", 2}, {"roof", 3}} {
		if got, found, err := stream.Next(ctx); got != want || !found || err != nil {
			t.Error(got, found, err)
		}
	}
	numbers := check[*net.TypedChannel[int]](t)(net.NetNodeChannel[int](bus, "numbers"))
	defer numbers.Close()
	if _, err := numbers.Publish(1); !errors.Is(err, net.ErrBusNotAnObject) {
		t.Error(err)
	}
}

func TestTypedStreamGoesOnBehindWhatItCannotDecode(t *testing.T) {
	ctx := context.Background()
	bus := node(t, oneShard())
	check[uint32](t)(bus.EmitRawBatch([]string{`1`, `"text"`, `3`}, nil))
	stream := check[*net.TypedEventStream[int]](t)(net.NetNodeSubscribeTyped[int](bus, nil))
	defer stream.Close()
	var got []int
	failures := 0
	for value, err := range stream.All(ctx) {
		if errors.Is(err, net.ErrBaseCodecDecode) {
			failures++
		} else if err != nil {
			t.Fatal(err)
		} else if got = append(got, value); len(got) == 2 {
			break
		}
	}
	if fmt.Sprint(got) != "[1 3]" || failures != 1 {
		t.Error(got, failures)
	}
}

func TestOneNodeHasManyReferences(t *testing.T) {
	var first *net.Net = node(t, nil)
	second := check[*net.NetNode](t)(net.NetNodeFromNative(first.Native()))
	defer second.Close()
	one, two := check[uint32](t)(first.Shards()), check[uint32](t)(second.NumShards())
	if one != two {
		t.Error(one, two)
	}
}

func TestAsynchronousConstructor(t *testing.T) {
	bus, err := net.NetNodeCreate(context.Background(), net.NewNetNodeConfig())
	if err != nil {
		t.Fatal(err)
	}
	if bus.Close() != nil || bus.Close() != nil {
		t.Error("closing twice is harmless")
	}
	if _, err := bus.Stats(); !errors.Is(err, net.ErrBaseHandle) {
		t.Error(err)
	}
}

func TestManyProducers(t *testing.T) {
	ctx := context.Background()
	bus := node(t, &net.NetNodeConfig{Shards: net.Ptr[uint32](2)})
	var group sync.WaitGroup
	for producer := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 500 {
				if _, err := bus.Emit(producer, nil); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	group.Wait()
	page := check[net.PollResponse](t)(bus.Poll(ctx, &net.PollRequest{Limit: 10_000}))
	if len(page.Events) != 4000 {
		t.Error(len(page.Events))
	}
}

func TestKeys(t *testing.T) {
	pair := check[net.NetKeypair](t)(net.GenerateNetKeypair())
	if len(pair.PublicKey) != 64 || len(pair.SecretKey) != 64 || pair.PublicKey == pair.SecretKey {
		t.Error(pair.PublicKey)
	}
}
