// Tasks on disk: `tasks write FOLDER` makes one after the other and prints their ids until it is killed; `tasks read FOLDER` prints
// how many there are, and the last id.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	net "github.com/net-mesh/go"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: tasks write|read FOLDER")
	}
	ctx := context.Background()
	// region net_db
	config := net.NetDBOpenConfig{OriginHash: 1, WithTasks: true, PersistentDir: &os.Args[2], Persistent: true}
	db := must(net.NetDBOpen(ctx, config))
	tasks := db.Tasks()
	if os.Args[1] == "write" {
		for id := uint64(0); ; id++ {
			must(tasks.Create(id, "survive", time.Unix(0, int64(id))))
			fmt.Println(id)
		}
	}
	newest := net.TaskFilter{OrderBy: net.OrderByIDDesc, Limit: net.Ptr[uint32](1)}
	last := uint64(0)
	for _, task := range must(tasks.ListTasks(&newest)) {
		last = task.ID
	}
	fmt.Println(must(tasks.Count()), last)
	must(0, db.Close())
	// endregion
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
