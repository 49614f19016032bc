package tests

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	mesh "github.com/net-mesh/go"
)

// place is a kind of server, and how a node is set up for it.
type place struct {
	name   string
	start  func(t testing.TB) *server
	config func(server *server) *mesh.NetNodeConfig
}

var places = []place{
	{"redis", startDurableRedis, func(server *server) *mesh.NetNodeConfig {
		return &mesh.NetNodeConfig{
			Shards:    mesh.Ptr[uint32](2),
			Transport: mesh.TransportRedis{URL: "redis://" + server.address()},
		}
	}},
	{"jetstream", startNats, func(server *server) *mesh.NetNodeConfig {
		return &mesh.NetNodeConfig{
			Shards:    mesh.Ptr[uint32](2),
			Jetstream: &mesh.JetStreamOptions{URL: "nats://" + server.address()},
		}
	}},
}

// everywhere runs a test with each kind of server.
func everywhere(t *testing.T, test func(t *testing.T, server *server, node func() *mesh.NetNode)) {
	for _, place := range places {
		t.Run(place.name, func(t *testing.T) {
			server := place.start(t)
			test(t, server, func() *mesh.NetNode {
				made := check[*mesh.NetNode](t)(mesh.NetNodeCreate(context.Background(), place.config(server)))
				t.Cleanup(func() { made.Close() })
				return made
			})
		})
	}
}

func numbers(from, to int) (texts []string) {
	for number := from; number < to; number++ {
		texts = append(texts, fmt.Sprint(number))
	}
	return texts
}

func read(t testing.TB, node *mesh.NetNode) (texts []string) {
	t.Helper()
	request := &mesh.PollRequest{Limit: 10_000, Ordering: mesh.OrderingInsertionTS}
	for _, event := range check[mesh.PollResponse](t)(node.Poll(context.Background(), request)).Events {
		texts = append(texts, event.Raw)
	}
	return texts
}

func TestAnotherNodePollsAndSubscribes(t *testing.T) {
	everywhere(t, func(t *testing.T, server *server, node func() *mesh.NetNode) {
		ctx := context.Background()
		writer, reader := node(), node()
		stream := check[*mesh.EventStream](t)(reader.Subscribe(nil))
		defer stream.Close()
		check[uint32](t)(writer.EmitRawBatch(numbers(0, 300), mesh.Ptr("key")))
		if err := writer.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		if found := read(t, reader); !slices.Equal(found, numbers(0, 300)) {
			t.Error(found)
		}
		var heard []string
		for event, err := range stream.All(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			if heard = append(heard, event.Raw); len(heard) == 300 {
				break
			}
		}
		if !slices.Equal(heard, numbers(0, 300)) {
			t.Error(heard)
		}
	})
}

func TestNothingIsLostWhenTheServerGoesAway(t *testing.T) {
	everywhere(t, func(t *testing.T, server *server, node func() *mesh.NetNode) {
		ctx := context.Background()
		writer := node()
		emit := func(from, to int) {
			check[uint32](t)(writer.EmitRawBatch(numbers(from, to), mesh.Ptr("key")))
		}
		emit(0, 200)
		if err := writer.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		server.kill()
		emit(200, 400)
		if held := check[mesh.Stats](t)(writer.Stats()).Held; held != 200 {
			t.Error(held)
		}
		server.start()
		for writer.Flush(ctx) != nil {
		}
		if found := slices.Compact(read(t, writer)); !slices.Equal(found, numbers(0, 400)) {
			t.Error(found)
		}
	})
}

func TestServerThatIsNotThere(t *testing.T) {
	for _, place := range places {
		t.Run(place.name, func(t *testing.T) {
			ctx := context.Background()
			server := place.start(t)
			server.kill()
			_, err := mesh.NetNodeCreate(ctx, place.config(server))
			if !errors.Is(err, mesh.ErrBusTransport) {
				t.Error(err)
			}
			waiting := check[*mesh.NetNode](t)(mesh.NewNetNode(place.config(server)))
			check[mesh.Receipt](t)(waiting.EmitRaw("1", nil))
			err = waiting.Shutdown(ctx, &mesh.ShutdownOptions{Timeout: mesh.Ptr(time.Millisecond)})
			if !errors.Is(err, mesh.ErrBusUndelivered) {
				t.Error(err)
			}
		})
	}
}
