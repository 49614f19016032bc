package tests

import (
	"errors"
	"testing"
	"time"

	mesh "github.com/net-mesh/go"
)

// channelPair makes a publisher, and a subscriber that has a session with it.
func channelPair(t *testing.T, change ...func(*mesh.MeshNodeConfig)) (publisher, subscriber *mesh.MeshNode, id mesh.NodeID) {
	t.Helper()
	publisher, subscriber = meshNode(t), meshNode(t, change...)
	if err := dial(t, subscriber, publisher); err != nil {
		t.Fatal(err)
	}
	check[string](t)(publisher.Accept(t.Context(), check[mesh.NodeID](t)(subscriber.NodeID())))
	return publisher, subscriber, check[mesh.NodeID](t)(publisher.NodeID())
}

func register(t *testing.T, node *mesh.MeshNode, config mesh.ChannelConfig) {
	t.Helper()
	if err := node.RegisterChannel(config); err != nil {
		t.Fatal(err)
	}
}

func TestEventsOfChannelsComeInOrder(t *testing.T) {
	publisher, subscriber, id := channelPair(t)
	register(t, publisher, mesh.ChannelConfig{Name: "news", Reliable: mesh.Ptr(true)})
	heard := check[*mesh.ChannelSubscription](t)(subscriber.SubscribeChannel(t.Context(), id, "news", nil))
	for _, text := range []string{"a", "b", "c"} {
		options := &mesh.PublishConfig{Wait: mesh.PublishWaitAcked}
		report := check[mesh.PublishReport](t)(publisher.Publish(t.Context(), "news", []byte(text), options))
		if report.Attempted != 1 || report.Delivered != 1 || len(report.Errors) != 0 {
			t.Fatalf("%+v", report)
		}
	}
	next := uint64(0)
	for event, err := range heard.All(t.Context()) {
		if err != nil || event.Sequence != next || event.Lagged != 0 || string(event.Payload) != string("abc"[next]) {
			t.Fatalf("%+v, %v", event, err)
		}
		if next++; next == 3 {
			break
		}
	}
}

func TestAnIgnoredHandleLeavesEventsToPoll(t *testing.T) {
	publisher, subscriber, id := channelPair(t)
	register(t, publisher, mesh.ChannelConfig{Name: "news"})
	check[*mesh.ChannelSubscription](t)(subscriber.SubscribeChannel(t.Context(), id, "news", nil))
	check[mesh.PublishReport](t)(publisher.Publish(t.Context(), "news", []byte("once"), &mesh.PublishConfig{Wait: mesh.PublishWaitAcked}))
	events := check[[]mesh.MeshEvent](t)(subscriber.Poll(t.Context(), 10))
	if len(events) != 1 || string(events[0].Payload) != "once" || events[0].Channel == nil || *events[0].Channel != "news" {
		t.Fatalf("%+v", events)
	}
	if again := check[[]mesh.MeshEvent](t)(subscriber.Poll(t.Context(), 10)); len(again) != 0 {
		t.Fatalf("%+v", again)
	}
}

func TestAProtectedChannelOpensForATrustedTokenAlone(t *testing.T) {
	own, issuer := check[*mesh.Identity](t)(mesh.IdentityGenerate()), check[*mesh.Identity](t)(mesh.IdentityGenerate())
	seed := check[[]byte](t)(own.ToSeed())
	publisher, subscriber, id := channelPair(t, func(config *mesh.MeshNodeConfig) { config.IdentitySeed = seed })
	trusted := [][]byte{issuer.EntityID()}
	register(t, publisher, mesh.ChannelConfig{Name: "vault", RequireToken: true, TrustedIssuers: trusted})
	grant := func(by *mesh.Identity) *mesh.SubscribeChannelOptions {
		options := mesh.IssueTokenOptions{
			Subject: own.EntityID(), Scope: mesh.TokenScopeSubscribe, Channel: "vault", TTL: 5 * time.Minute,
		}
		return &mesh.SubscribeChannelOptions{Token: check[*mesh.Token](t)(by.IssueToken(options))}
	}
	for _, options := range []*mesh.SubscribeChannelOptions{nil, grant(own)} {
		_, err := subscriber.SubscribeChannel(t.Context(), id, "vault", options)
		if !errors.Is(err, mesh.ErrChannelUnauthorized) || err.Error() != "channel: unauthorized" {
			t.Fatal(err)
		}
	}
	heard := check[*mesh.ChannelSubscription](t)(subscriber.SubscribeChannel(t.Context(), id, "vault", grant(issuer)))
	check[mesh.PublishReport](t)(publisher.Publish(t.Context(), "vault", []byte("gold"), nil))
	for event, err := range heard.All(t.Context()) {
		if err != nil || string(event.Payload) != "gold" {
			t.Fatal(event, err)
		}
		break
	}
}
