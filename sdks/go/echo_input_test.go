//go:build conformance

package net_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"strings"
	"testing"
	"time"

	net "github.com/net-mesh/go"
)

// notText is a string of Go that is no text.
const notText = "a\xffb"

func TestUnknownValuesHaveAnErrorOfTheirOwn(t *testing.T) {
	issuer := check[*net.Identity](t)(net.IdentityGenerate())
	grant := net.IssueTokenOptions{Subject: make([]byte, 32), Scope: 1 << 9, Channel: "a", TTL: time.Second}
	_, of := net.EchoMood("furious")
	_, among := net.EchoRights(1 << 9)
	_, scope := issuer.IssueToken(grant)
	for _, refused := range []struct{ got, want error }{
		{of, net.ErrEchoOdd}, {among, net.ErrEchoOdd}, {scope, net.ErrIdentityUnknownScope},
	} {
		if !errors.Is(refused.got, refused.want) {
			t.Errorf("want %v, got %v", refused.want, refused.got)
		}
	}
}

func TestWrongArgumentsAreNamed(t *testing.T) {
	ctx := context.Background()
	bus, box := node(t, oneShard()), box(t, "x")
	cases := []struct {
		argument string
		call     func() error
	}{
		{"value", func() error { _, err := net.EchoString(notText); return err }},
		{"values", func() error { _, err := net.EchoStrings([]string{"a", notText}); return err }},
		{"values", func() error { _, err := net.EchoMap(map[string]int64{notText: 1}); return err }},
		{"Text", func() error { _, err := net.EchoShape(net.ShapeNamed{Text: notText}); return err }},
		{"Name", func() error { _, err := net.EchoWithOptions(&net.EchoOptions{Name: net.Ptr(notText)}); return err }},
		{"Count", func() error { _, err := net.EchoWithOptions(&net.EchoOptions{Count: 101}); return err }},
		{"Pause", func() error {
			_, err := net.EchoWithOptions(&net.EchoOptions{Pause: net.Ptr(time.Duration(-1))})
			return err
		}},
		{"Color", func() error { _, err := net.EchoWithOptions(&net.EchoOptions{Color: "pink"}); return err }},
		{"Access", func() error { _, err := net.EchoWithOptions(&net.EchoOptions{Access: 1 << 9}); return err }},
		{"json", func() error { _, err := bus.EmitRaw(notText, nil); return err }},
		{"key", func() error { _, err := bus.EmitRaw("1", net.Ptr(notText)); return err }},
		{"jsons", func() error { _, err := bus.EmitRawBatch([]string{"1", notText}, nil); return err }},
		{"Filter", func() error { _, err := bus.Poll(ctx, &net.PollRequest{Filter: net.Ptr(notText)}); return err }},
		{"Timeout", func() error {
			_, err := bus.Subscribe(&net.SubscribeOptions{Timeout: net.Ptr(time.Duration(-1))})
			return err
		}},
		{"handler", func() error { _, err := net.Ask(ctx, nil, net.Label{}, nil, 1); return err }},
		{"store", func() error { return box.Save(ctx, nil, "k") }},
		{"values", func() error { _, err := net.SumStream(ctx, iter.Seq2[uint32, error](nil)); return err }},
		{"ctx", func() error { return box.Wait(nil) }},
	}
	for _, c := range cases {
		refused(t, c.call(), c.argument)
	}
}

func TestOptionsAreNamedAsInGo(t *testing.T) {
	cases := map[string]net.NetNodeConfig{
		"argument: MaxEventBytes: 1 is below 2": {MaxEventBytes: 1},
		"argument: Shards: 0 is below 1":        {Shards: net.Ptr[uint32](0)},
	}
	for message, config := range cases {
		if _, err := net.NewNetNode(&config); err == nil || err.Error() != message {
			t.Error(err)
		}
	}
	key, psk := &net.PublicKey{1}, strings.Repeat("7f", 32)
	mesh := net.MeshTransportOptions{Bind: "127.0.0.1:0", Peer: "127.0.0.1:9", PSK: psk, PublicKey: key}
	var named *net.BusError
	if _, err := net.NewNetNode(&net.NetNodeConfig{Mesh: &mesh}); !errors.As(err, &named) || named.Option != "PublicKey" {
		t.Error(err)
	}
	var known *net.BusError
	_, err := net.NewNetNode(&net.NetNodeConfig{BufferCapacity: 3})
	if !errors.As(err, &known) || known.Option != "BufferCapacity" || known.Detail != "BufferCapacity: 3 is not a power of two" {
		t.Error(err)
	}
	if err != nil && err.Error() != "bus: invalid_config: "+known.Detail {
		t.Error(err)
	}
}

func TestValuesThatJSONCannotHold(t *testing.T) {
	bus := node(t, oneShard())
	for _, value := range []any{math.NaN(), math.Inf(1), func() {}} {
		var base *net.BaseError
		_, err := bus.Emit(value, nil)
		if !errors.As(err, &base) || base.Kind != net.BaseErrorKindCodecEncode || base.Detail[:7] != "event: " {
			t.Error(err)
		}
	}
}

// linked points back to itself by a field that is not encoded.
type linked struct {
	Text string
	Self *linked `json:"-"`
}

func TestValuesWithTextThatIsNone(t *testing.T) {
	bus := node(t, oneShard())
	garbled := []any{
		notText,
		map[string]int{notText: 1},
		[]any{1, map[string]any{"a": &linked{Text: notText}}},
		[1]struct{ Inner linked }{{linked{Text: notText}}},
	}
	for _, value := range garbled {
		_, err := bus.Emit(value, nil)
		refused(t, err, "event")
	}
	_, err := bus.EmitBatch([]any{1, notText}, nil)
	refused(t, err, "events")
	itself := &linked{Text: "a\ufffd"}
	itself.Self = itself
	for _, value := range []any{itself, `\ufffd`, json.RawMessage(`"\ufffd"`), []any{json.RawMessage(`"\ufffd"`), itself}} {
		if _, err := bus.Emit(value, nil); err != nil {
			t.Error(value, err)
		}
	}
	stats := check[net.Stats](t)(bus.Stats())
	if stats.EventsIngested != 4 {
		t.Error(stats.EventsIngested)
	}
}

func TestObjectsThatAreNotThere(t *testing.T) {
	whole, closed := box(t, "whole"), box(t, "closed")
	closed.Close()
	for _, other := range []*net.EchoBox{nil, closed} {
		var base *net.BaseError
		_, err := whole.Pair(other)
		if !errors.As(err, &base) || base.Kind != net.BaseErrorKindHandle || base.Detail != "other: is nil or closed" {
			t.Error(err)
		}
		_, err = net.EchoBoxMerged([]*net.EchoBox{whole, other})
		if !errors.As(err, &base) || base.Kind != net.BaseErrorKindHandle || base.Detail != "boxes: is nil or closed" {
			t.Error(err)
		}
	}
}

func TestContextsOfStreams(t *testing.T) {
	stream := check[*net.Stream[uint32]](t)(net.CountUp(3))
	defer stream.Close()
	_, _, err := stream.Next(nil)
	refused(t, err, "ctx")
	if item, found, err := stream.Next(context.Background()); item != 0 || !found || err != nil {
		t.Error("nothing is lost:", item, found, err)
	}
}
