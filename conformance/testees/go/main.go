// The Go testee of the conformance suite: it calls the SDK as requests say.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	net "github.com/net-mesh/go"
)

type closer interface{ Close() error }

// call is one request, and what is kept between requests.
type call struct {
	ID   int64
	Op   string
	Args map[string]any
	Self string
	As   string

	ctx     context.Context
	objects map[string]closer
	order   *[]closer
}

func main() {
	info, err := net.BuildInfo()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	send(map[string]any{"language": "go", "spec_hash": info.SpecHash, "sdk": info.Version})
	objects, order := map[string]closer{}, []closer{}
	for {
		var size uint32
		if binary.Read(os.Stdin, binary.LittleEndian, &size) != nil {
			return
		}
		text := make([]byte, size)
		if _, err := io.ReadFull(os.Stdin, text); err != nil {
			return
		}
		c := &call{ctx: context.Background(), objects: objects, order: &order}
		decodeInto(text, c)
		key, value := c.answer()
		send(map[string]any{"id": c.ID, key: value})
	}
}

// answer makes the call; what it panics with is why there is no result.
func (c *call) answer() (key string, value any) {
	defer func() {
		switch reason := recover().(type) {
		case nil:
		case net.NetError:
			key, value = "err", showError(reason)
		default:
			key, value = "unsupported", fmt.Sprint(reason)
		}
	}()
	switch {
	case strings.HasPrefix(c.Op, "call:"):
		return "ok", c.call()
	case strings.HasPrefix(c.Op, "time:"):
		return "ok", c.timed()
	case c.Op == "surface":
		return "ok", surface()
	case c.Op != "reset":
		return "ok", c.wire()
	}
	for _, object := range slices.Backward(*c.order) {
		_ = object.Close()
	}
	clear(c.objects)
	*c.order = nil
	return "ok", nil
}

func (c *call) arg(name string) any { return c.Args[name] }

func (c *call) find(name string) any { return c.objects[name] }

// keep keeps an object under the name of the request, or closes it.
func (c *call) keep(object closer) any {
	if c.As == "" && c.Self == "" {
		_ = object.Close()
	} else if c.As != "" {
		c.objects[c.As] = object
		*c.order = append(*c.order, object)
	}
	return true
}

func decodeInto(text []byte, value any) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	_ = decoder.Decode(value)
}

func send(message any) {
	text, _ := json.Marshal(message)
	_ = binary.Write(os.Stdout, binary.LittleEndian, uint32(len(text)))
	_, _ = os.Stdout.Write(text)
}
