// A channel that only those may hear who were given a token.
//
//	channel serve 127.0.0.1:9000 N        gives N members a token, publishes to them, and revokes the tokens
//	channel join ADDRESS KEY ID NAME N    finds N members, is given a token, and hears the channel
//	channel intrude ADDRESS KEY ID        tries to hear it without a token, and with one of its own
//
// `serve` prints how to dial it, and ends with its input. NET_PSK is the pre-shared key of the mesh, 64 hex digits.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	net "github.com/net-mesh/go"
)

var psk = cmp.Or(os.Getenv("NET_PSK"), "5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a")

func main() {
	ctx := context.Background()
	switch args := os.Args[1:]; {
	case len(args) == 3 && args[0] == "serve":
		serve(ctx, args[1], must(strconv.Atoi(args[2])))
	case len(args) == 6 && args[0] == "join":
		join(ctx, args[1], must(net.ParsePublicKey(args[2])), id(args[3]), args[4], must(strconv.Atoi(args[5])))
	case len(args) == 4 && args[0] == "intrude":
		intrude(ctx, args[1], must(net.ParsePublicKey(args[2])), id(args[3]))
	default:
		log.Fatal("usage: channel serve ADDRESS N | channel join ADDRESS KEY ID NAME N | channel intrude ADDRESS KEY ID")
	}
}

func serve(ctx context.Context, address string, members int) {
	issuer := must(net.IdentityGenerate())
	config := net.MeshNodeConfig{BindAddr: address, PSK: psk, IdentitySeed: must(issuer.ToSeed())}
	node := must(net.MeshNodeCreate(ctx, config))
	// region protect
	must(0, node.RegisterChannel(net.ChannelConfig{Name: "plans", RequireToken: true}))
	// endregion
	fmt.Println("dial", must(node.LocalAddr()), must(node.PublicKey()), uint64(must(node.NodeID())))
	for member := range found(ctx, node, "member", members) {
		peers := must(node.Peers())
		at := slices.IndexFunc(peers, func(peer net.PeerInfo) bool { return peer.NodeID == member })
		// region grant
		token := must(issuer.IssueToken(net.IssueTokenOptions{
			Subject: peers[at].EntityID, Scope: net.TokenScopeSubscribe, Channel: "plans", TTL: 300 * time.Second,
		}))
		stream := must(node.OpenStream(member, net.StreamConfig{StreamID: 1, Reliability: net.ReliabilityReliable}))
		must(0, node.SendBlocking(ctx, stream, [][]byte{must(token.ToBuffer())}))
		// endregion
	}
	for range found(ctx, node, "ready", members) {
	}
	for _, text := range []string{"one", "two", "three"} {
		options := &net.PublishConfig{Wait: net.PublishWaitAcked}
		fmt.Println("delivered", must(node.Publish(ctx, "plans", []byte(text), options)).Delivered)
	}
	// region revoke
	must(node.Revoke(ctx, 1))
	// endregion
	must(io.ReadAll(os.Stdin))
	must(0, node.Shutdown(ctx, nil))
}

func join(ctx context.Context, address string, key net.PublicKey, server net.NodeID, name string, members int) {
	node := must(net.MeshNodeCreate(ctx, net.MeshNodeConfig{BindAddr: "127.0.0.1:0", PSK: psk}))
	messages := must(node.Receive(nil))
	must(0, node.Connect(ctx, address, key, server))
	// region announce
	tags := []string{"member", "speaks-" + name}
	must(0, node.AnnounceCapabilities(ctx, net.CapabilitySet{Tags: tags}, nil))
	// endregion
	var names []string
	for _, announced := range found(ctx, node, "member", members) {
		for _, tag := range announced.Tags {
			if spoken, is := strings.CutPrefix(tag, "speaks-"); is {
				names = append(names, spoken)
			}
		}
	}
	slices.Sort(names)
	fmt.Println("found", strings.Join(names, " "))
	// region subscribe
	var events *net.ChannelSubscription
	for message, err := range messages.All(ctx) {
		must(0, err)
		options := &net.SubscribeChannelOptions{Token: must(net.TokenParse(message.Payload))}
		events = must(node.SubscribeChannel(ctx, server, "plans", options))
		break
	}
	must(0, node.AnnounceCapabilities(ctx, net.CapabilitySet{Tags: append(tags, "ready")}, nil))
	for event, err := range events.All(ctx) {
		var ended *net.ChannelError
		if errors.As(err, &ended) {
			fmt.Println("ended", ended)
			break
		}
		must(0, err)
		fmt.Println("heard", string(event.Payload))
	}
	// endregion
	must(0, node.Shutdown(ctx, nil))
}

func intrude(ctx context.Context, address string, key net.PublicKey, server net.NodeID) {
	own := must(net.IdentityGenerate())
	config := net.MeshNodeConfig{BindAddr: "127.0.0.1:0", PSK: psk, IdentitySeed: must(own.ToSeed())}
	node := must(net.MeshNodeCreate(ctx, config))
	must(0, node.Connect(ctx, address, key, server))
	made := must(own.IssueToken(net.IssueTokenOptions{
		Subject: must(node.EntityID()), Scope: net.TokenScopeSubscribe, Channel: "plans", TTL: 300 * time.Second,
	}))
	for _, token := range []*net.Token{nil, made} {
		_, err := node.SubscribeChannel(ctx, server, "plans", &net.SubscribeChannelOptions{Token: token})
		var refused *net.ChannelError
		if !errors.As(err, &refused) {
			must(0, err)
			fmt.Println("heard")
			continue
		}
		fmt.Println("refused", refused)
	}
	must(0, node.Shutdown(ctx, nil))
}

// Each of so many nodes that announce a tag, with what they announce.
func found(ctx context.Context, node *net.MeshNode, tag string, count int) iter.Seq2[net.NodeID, *net.CapabilitySet] {
	return func(yield func(net.NodeID, *net.CapabilitySet) bool) {
		nodes := map[net.NodeID]bool{}
		changes := must(node.WatchNodes(&net.CapabilityFilter{RequireTags: []string{tag}}, nil))
		for change, err := range changes.All(ctx) {
			must(0, err)
			if change.Capabilities != nil && !nodes[change.NodeID] {
				nodes[change.NodeID] = true
				if !yield(change.NodeID, change.Capabilities) {
					return
				}
			}
			if len(nodes) == count {
				return
			}
		}
	}
}

func id(text string) net.NodeID {
	return net.NodeID(must(strconv.ParseUint(text, 10, 64)))
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
