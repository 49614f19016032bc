// Two nodes of the mesh, each in a terminal of its own.
//
//	mesh listen 127.0.0.1:9000        prints how to dial it, then what it receives
//	mesh dial ADDRESS KEY ID TEXT...  sends each text as one message
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
	"strconv"

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
	default:
		log.Fatal("usage: mesh listen ADDRESS [COUNT] | mesh dial ADDRESS KEY ID TEXT...")
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
	must(0, node.Connect(ctx, address, key, id))
	stream := must(node.OpenStream(id, net.StreamConfig{StreamID: 1, Reliability: net.ReliabilityReliable}))
	var messages [][]byte
	for _, text := range texts {
		messages = append(messages, []byte(text))
	}
	must(0, node.SendBlocking(ctx, stream, messages))
	must(0, node.Shutdown(ctx, nil))
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
