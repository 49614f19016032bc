// Nodes of the mesh, each in a terminal of its own.
//
//	mesh listen 127.0.0.1:9000        prints how to dial it, then what it receives
//	mesh dial ADDRESS KEY ID TEXT...  sends each text as one message
//	mesh join ADDRESS KEY ID N COUNT  finds N others over that relay, and exchanges COUNT messages with each
//
// NET_PSK is the pre-shared key of the mesh, 64 hex digits.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"math"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	net "github.com/net-mesh/go"
)

var psk = cmp.Or(os.Getenv("NET_PSK"), "5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a")

func main() {
	ctx := context.Background()
	switch args := os.Args[1:]; {
	case len(args) >= 2 && args[0] == "listen":
		most := math.MaxInt
		if len(args) > 2 {
			most = must(strconv.Atoi(args[2]))
		}
		listen(ctx, args[1], most)
	case len(args) >= 5 && args[0] == "dial":
		id := net.NodeID(must(strconv.ParseUint(args[3], 10, 64)))
		dial(ctx, args[1], must(net.ParsePublicKey(args[2])), id, args[4:])
	case len(args) == 6 && args[0] == "join":
		relay := net.NodeID(must(strconv.ParseUint(args[3], 10, 64)))
		others, count := must(strconv.Atoi(args[4])), must(strconv.Atoi(args[5]))
		join(ctx, args[1], must(net.ParsePublicKey(args[2])), relay, others, count)
	default:
		log.Fatal("usage: mesh listen ADDRESS [COUNT] | mesh dial ADDRESS KEY ID TEXT... | mesh join ADDRESS KEY ID N COUNT")
	}
}

func listen(ctx context.Context, address string, most int) {
	node := must(net.MeshNodeCreate(ctx, net.MeshNodeConfig{BindAddr: address, PSK: psk}))
	fmt.Println("dial", must(node.LocalAddr()), must(node.PublicKey()), uint64(must(node.NodeID())))
	messages := must(node.Receive(nil))
	count := 0
	for message, err := range messages.All(ctx) {
		must(0, err)
		fmt.Println(uint64(message.Sender), message.Sequence, string(message.Payload))
		if count++; count >= most {
			break
		}
	}
	must(0, node.Shutdown(ctx, nil))
}

func dial(ctx context.Context, address string, key net.PublicKey, id net.NodeID, texts []string) {
	node := must(net.MeshNodeCreate(ctx, net.MeshNodeConfig{BindAddr: "127.0.0.1:0", PSK: psk}))
	// region connect
	must(0, node.Connect(ctx, address, key, id))
	stream := must(node.OpenStream(id, net.StreamConfig{StreamID: 1, Reliability: net.ReliabilityReliable}))
	var messages [][]byte
	for _, text := range texts {
		messages = append(messages, []byte(text))
	}
	must(0, node.SendBlocking(ctx, stream, messages))
	// endregion
	must(0, node.Shutdown(ctx, nil))
}

func join(ctx context.Context, address string, key net.PublicKey, relay net.NodeID, others, count int) {
	node := must(net.MeshNodeCreate(ctx, net.MeshNodeConfig{BindAddr: "127.0.0.1:0", PSK: psk}))
	fmt.Println("node", uint64(must(node.NodeID())))
	messages := must(node.Receive(nil))
	must(0, node.Connect(ctx, address, key, relay))
	var peers []net.NodeID
	for len(peers) < others {
		time.Sleep(20 * time.Millisecond)
		peers = nil
		for _, route := range must(node.Routes()) {
			if route.NodeID != relay {
				peers = append(peers, route.NodeID)
			}
		}
	}
	var streams []*net.MeshStream
	for _, peer := range peers {
		must(0, node.ConnectRouted(ctx, peer))
		stream := must(node.OpenStream(peer, net.StreamConfig{StreamID: 1, Reliability: net.ReliabilityReliable}))
		streams = append(streams, stream)
	}
	var sent sync.WaitGroup
	sent.Add(1)
	go func() {
		defer sent.Done()
		for range count {
			for _, stream := range streams {
				payload := strconv.FormatInt(time.Now().UnixMicro(), 10)
				must(0, node.SendBlocking(ctx, stream, [][]byte{[]byte(payload)}))
			}
			time.Sleep(2 * time.Millisecond)
		}
	}()
	delays, left := map[net.NodeID][]int64{}, others*count
	for message, err := range messages.All(ctx) {
		must(0, err)
		delay := time.Now().UnixMicro() - must(strconv.ParseInt(string(message.Payload), 10, 64))
		delays[message.Sender] = append(delays[message.Sender], delay)
		if left--; left == 0 {
			break
		}
	}
	sent.Wait()
	for sender, its := range delays {
		slices.Sort(its)
		fmt.Println(uint64(sender), len(its), its[len(its)/2])
	}
	must(0, node.Shutdown(ctx, nil))
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
