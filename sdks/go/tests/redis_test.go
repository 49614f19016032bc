package tests

import (
	"context"
	"fmt"
	"slices"
	"testing"

	mesh "github.com/net-mesh/go"
	"github.com/redis/go-redis/v9"
)

func redisClient(t testing.TB, server *server) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: server.address()})
	t.Cleanup(func() { client.Close() })
	return client
}

// check ends the test on an error.
func check[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// consume reads a stream page by page and gives each event once.
func consume(t testing.TB, client *redis.Client, stream string, dedup *mesh.RedisStreamDedup) (events []string) {
	t.Helper()
	for start := "0"; ; {
		page := check[[]redis.XMessage](t)(client.XRangeN(context.Background(), stream, start, "+", 100).Result())
		if len(page) == 0 {
			return events
		}
		for _, entry := range page {
			id, known := entry.Values["dedup_id"].(string)
			if !known || !check[bool](t)(dedup.IsDuplicate(id)) {
				events = append(events, entry.Values["d"].(string))
			}
			start = "(" + entry.ID
		}
	}
}

func TestDedupFiltersWhatWasWrittenTwice(t *testing.T) {
	client := redisClient(t, startRedis(t))
	add := func(values ...string) {
		arguments := &redis.XAddArgs{Stream: "net:shard:0", Values: values}
		check[string](t)(client.XAdd(context.Background(), arguments).Result())
	}
	var wanted []string
	for attempt := range 2 {
		for index := range 120 {
			add("d", fmt.Sprint(index), "dedup_id", fmt.Sprintf("2a:0:0:%d", index))
			if attempt == 0 {
				wanted = append(wanted, fmt.Sprint(index))
			}
		}
		add("d", fmt.Sprint("other ", attempt))
	}
	dedup := check[*mesh.RedisStreamDedup](t)(mesh.NewRedisStreamDedup(600_000))
	defer dedup.Close()
	if events := consume(t, client, "net:shard:0", dedup); !slices.Equal(events, append(wanted, "other 0", "other 1")) {
		t.Error(events)
	}
}
