package main

import (
	"encoding/json"
	"log"
	"os"

	net "github.com/net-mesh/go"
)

func main() {
	info, err := net.BuildInfo()
	if err != nil {
		log.Fatal(err)
	}
	// Features are none, not unknown.
	features := append([]string{}, info.Features...)
	facts := map[string]any{"version": info.Version, "spec_hash": info.SpecHash, "features": features, "from": ""}
	if err := json.NewEncoder(os.Stdout).Encode(facts); err != nil {
		log.Fatal(err)
	}
}
