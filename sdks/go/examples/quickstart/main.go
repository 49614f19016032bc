// Events in, events out.
package main

import (
	"context"
	"fmt"
	"log"

	net "github.com/net-mesh/go"
)

func main() {
	ctx := context.Background()

	// region quickstart
	node := must(net.NetNodeCreate(ctx, &net.NetNodeConfig{Shards: net.Ptr[uint32](4)}))
	must(node.Emit(map[string]any{"token": "hello", "index": 0}, nil))
	must(node.EmitRaw(`{"token": "world"}`, nil))
	must(0, node.Flush(ctx))
	for _, event := range must(node.Poll(ctx, &net.PollRequest{Limit: 100})).Events {
		fmt.Println(event.Raw)
	}
	must(0, node.Shutdown(ctx, nil))
	// endregion
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
