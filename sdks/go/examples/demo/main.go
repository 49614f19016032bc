// Emits every line of a file, reads them back, and says how long that took.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	net "github.com/net-mesh/go"
)

// report is the line that the program prints.
type report struct {
	Language  string  `json:"language"`
	Published int     `json:"published"`
	Read      int     `json:"read"`
	Seconds   float64 `json:"seconds"`
	Matched   bool    `json:"matched"`
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: demo FILE")
	}
	file, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(file), "\n"), "\n")
	start := time.Now()
	read, err := through(context.Background(), lines)
	if err != nil {
		log.Fatal(err)
	}
	result := report{"go", len(lines), len(read), time.Since(start).Seconds(), slices.Equal(read, lines)}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		log.Fatal(err)
	}
	if !result.Matched {
		os.Exit(1)
	}
}

// through sends texts through a node and gives back what comes out.
func through(ctx context.Context, texts []string) (read []string, err error) {
	node, err := net.NewNetNode(&net.NetNodeConfig{Shards: net.Ptr[uint32](1)})
	if err != nil {
		return nil, err
	}
	defer node.Close()
	for _, text := range texts {
		if _, err := node.EmitRaw(text, nil); err != nil {
			return nil, err
		}
	}
	if err := node.Flush(ctx); err != nil {
		return nil, err
	}
	request := net.PollRequest{Limit: 1000}
	for len(read) < len(texts) {
		page, err := node.Poll(ctx, &request)
		if err != nil {
			return nil, err
		}
		for _, event := range page.Events {
			read = append(read, event.Raw)
		}
		if len(page.Events) == 0 {
			return read, nil
		}
		request.Cursor = page.NextID
	}
	return read, nil
}
