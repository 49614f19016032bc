// Several writers, one append-only file on disk. However the program is ended, what it has said to be there is there again.
//
//	journal DIRECTORY WRITERS       prints what is there; then appends, and prints what was acknowledged, until it is ended
//	journal DIRECTORY WRITERS lazy  the same, with the bytes left to the system: a loss of power may cost some of them
//	journal DIRECTORY 0             prints what is there
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"sync"

	net "github.com/net-mesh/go"
)

func main() {
	if len(os.Args) < 3 || len(os.Args) == 4 && os.Args[3] != "lazy" {
		log.Fatal("usage: journal DIRECTORY WRITERS [lazy]")
	}
	// region open_file
	config := &net.RedexFileConfig{Persistent: true}
	if len(os.Args) == 3 {
		config.FsyncEveryN = net.Ptr[uint64](1)
	}
	redex := must(net.RedexBelow(os.Args[1]))
	file := must(redex.OpenFile("journal", config))
	run := must(file.NextSeq())
	for _, event := range must(file.ReadRange(0, run)) {
		if event.Skipped == 0 {
			fmt.Println("entry", event.Seq, string(event.Payload))
		} else {
			fmt.Println("skipped", event.Seq, event.Skipped)
		}
	}
	fmt.Println("next", run)
	// endregion
	var writers sync.WaitGroup
	for writer := range must(strconv.Atoi(os.Args[2])) {
		writers.Add(1)
		go func() {
			defer writers.Done()
			write(file, run, writer)
		}()
	}
	writers.Wait()
	must(0, file.Close())
}

// write appends one entry, two, three, and so on in turn.
func write(file *net.RedexFile, run uint64, writer int) {
	for step := 0; ; step++ {
		var entries [][]byte
		for part := range step%3 + 1 {
			entry := fmt.Sprintf("%d.%d.%d.%d%s", run, writer, step, part, strings.Repeat(".", step%64))
			entries = append(entries, []byte(entry))
		}
		first, _, err := file.AppendBatch(entries)
		must(0, err)
		fmt.Println("wrote", first, writer, step)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
