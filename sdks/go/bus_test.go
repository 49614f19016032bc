package net_test

import (
	"context"
	"errors"
	"testing"

	net "github.com/net-mesh/go"
)

func TestQuickStart(t *testing.T) {
	ctx := context.Background()
	node, err := net.NewNetNode(&net.NetNodeConfig{Shards: net.Ptr[uint32](4)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := node.Emit(map[string]int{"a": 1}, nil); err != nil {
		t.Fatal(err)
	}
	if err := node.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	page, err := node.Poll(ctx, nil)
	if err != nil || len(page.Events) != 1 || page.Events[0].Raw != `{"a":1}` {
		t.Fatal(page, err)
	}
	if err := node.Shutdown(ctx, nil); err != nil {
		t.Fatal(err)
	}
	_, err = node.EmitRaw("{}", nil)
	if !errors.Is(err, net.ErrBusClosed) {
		t.Fatal(err)
	}
	node.Close()
	_, err = node.EmitRaw("{}", nil)
	if !errors.Is(err, net.ErrBaseHandle) {
		t.Fatal(err)
	}
}
