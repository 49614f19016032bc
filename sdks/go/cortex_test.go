package net_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	net "github.com/net-mesh/go"
)

func openTasks(t testing.TB, redex *net.Redex, options *net.AdapterOptions) *net.TasksAdapter {
	t.Helper()
	return check[*net.TasksAdapter](t)(net.TasksAdapterOpen(context.Background(), redex, 7, options))
}

func managerOf(t testing.TB, options *net.RedexOptions) *net.Redex {
	t.Helper()
	redex := check[*net.Redex](t)(net.NewRedex(options))
	t.Cleanup(func() { redex.Close() })
	return redex
}

func TestTasksOutlastTheirClosing(t *testing.T) {
	ctx := context.Background()
	folder := t.TempDir()
	redex := managerOf(t, &net.RedexOptions{PersistentDir: &folder})
	tasks := openTasks(t, redex, &net.AdapterOptions{Persistent: true})
	check[net.WriteReceipt](t)(tasks.Create(1, "write docs", time.Unix(0, 100)))
	receipt := check[net.WriteReceipt](t)(tasks.Complete(1, time.Unix(0, 101)))
	if err := tasks.WaitForSeq(ctx, receipt.Seq, nil); err != nil {
		t.Fatal(err)
	}
	if err := tasks.Close(); err != nil {
		t.Fatal(err)
	}
	again := openTasks(t, redex, &net.AdapterOptions{Persistent: true})
	completed := net.TaskStatusCompleted
	list := check[[]net.Task](t)(again.ListTasks(&net.TaskFilter{Status: &completed}))
	if len(list) != 1 || list[0].Title != "write docs" || list[0].UpdatedNs.UnixNano() != 101 {
		t.Fatalf("%v", list)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTasksWaitByTokens(t *testing.T) {
	ctx := context.Background()
	tasks := openTasks(t, managerOf(t, nil), nil)
	t.Cleanup(func() { tasks.Close() })
	receipt := check[net.WriteReceipt](t)(tasks.Create(1, "a", time.Unix(0, 1)))
	text := check[string](t)(receipt.Token.ToString())
	token := check[net.WriteToken](t)(net.WriteTokenFromString(text))
	if err := tasks.WaitForToken(ctx, token, time.Minute); err != nil {
		t.Fatal(err)
	}
	late, cancel := context.WithCancel(ctx)
	cancel()
	if err := tasks.WaitForSeq(late, 9, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	short := time.Millisecond
	if err := tasks.WaitForSeq(ctx, 9, &short); !errors.Is(err, net.ErrCortexTimeout) {
		t.Fatalf("%v", err)
	}
}

func TestTasksAreWatched(t *testing.T) {
	ctx := context.Background()
	tasks := openTasks(t, managerOf(t, nil), nil)
	receipt := check[net.WriteReceipt](t)(tasks.Create(1, "a", time.Unix(0, 1)))
	if err := tasks.WaitForSeq(ctx, receipt.Seq, nil); err != nil {
		t.Fatal(err)
	}
	pending := net.TaskStatusPending
	both := check[net.TasksSnapshotAndWatch](t)(tasks.SnapshotAndWatch(ctx, &net.TaskFilter{Status: &pending}))
	if len(both.Snapshot) != 1 {
		t.Fatalf("%v", both.Snapshot)
	}
	check[net.WriteReceipt](t)(tasks.Complete(1, time.Unix(0, 2)))
	for list, err := range both.Updates.All(ctx) {
		if err != nil || len(list) != 0 {
			t.Fatalf("%v, %v", list, err)
		}
		break
	}
	watch := check[*net.TaskWatchIter](t)(tasks.Watch(nil))
	if err := tasks.Close(); err != nil {
		t.Fatal(err)
	}
	lists := 0
	for range watch.All(ctx) {
		lists++
	}
	if lists != 1 {
		t.Fatalf("%d lists", lists)
	}
}

func TestMemoriesAreFoundByTheirTags(t *testing.T) {
	ctx := context.Background()
	redex := managerOf(t, nil)
	memories := check[*net.MemoriesAdapter](t)(net.MemoriesAdapterOpen(ctx, redex, 7, nil))
	check[net.WriteReceipt](t)(memories.Store(1, "the door is blue", []string{"home"}, "me", time.Unix(0, 1)))
	receipt := check[net.WriteReceipt](t)(memories.Pin(1, time.Unix(0, 2)))
	if err := memories.WaitForSeq(ctx, receipt.Seq, nil); err != nil {
		t.Fatal(err)
	}
	home := "home"
	list := check[[]net.Memory](t)(memories.ListMemories(&net.MemoryFilter{Tag: &home}))
	if len(list) != 1 || !list[0].Pinned {
		t.Fatalf("%v", list)
	}
	saved := check[net.CortexSnapshot](t)(memories.Snapshot())
	other := check[*net.MemoriesAdapter](t)(net.MemoriesAdapterOpenFromSnapshot(ctx, managerOf(t, nil), 7, saved, nil))
	if count := check[uint32](t)(other.Count()); count != 1 {
		t.Fatalf("%d memories", count)
	}
	_, err := net.TasksAdapterOpenFromSnapshot(ctx, redex, 7, saved, nil)
	if !errors.Is(err, net.ErrCortexBadSnapshot) {
		t.Fatalf("%v", err)
	}
}

func TestBothStatesAreSavedTogether(t *testing.T) {
	ctx := context.Background()
	folder := t.TempDir()
	config := net.NetDBOpenConfig{OriginHash: 7, WithTasks: true, PersistentDir: &folder, Persistent: true}
	db := check[*net.NetDB](t)(net.NetDBOpen(ctx, config))
	if db.Memories() != nil {
		t.Fatal("memories that were not asked for")
	}
	receipt := check[net.WriteReceipt](t)(db.Tasks().Create(1, "a", time.Unix(0, 1)))
	if err := db.Tasks().WaitForSeq(ctx, receipt.Seq, nil); err != nil {
		t.Fatal(err)
	}
	bundle := check[net.NetDBBundle](t)(db.Snapshot())
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := check[*net.NetDB](t)(net.NetDBOpenFromSnapshot(ctx, net.NetDBOpenConfig{OriginHash: 7, WithTasks: true}, bundle))
	if count := check[uint32](t)(again.Tasks().Count()); count != 1 {
		t.Fatalf("%d tasks", count)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := net.NetDBOpenFromSnapshot(ctx, net.NetDBOpenConfig{OriginHash: 7, WithMemories: true}, bundle)
	if !errors.Is(err, net.ErrNetDBMissingModel) {
		t.Fatalf("%v", err)
	}
}

// sum adds numbers up.
type sum struct{ total int }

func (s *sum) Apply(_ context.Context, events []net.RedexEvent) error {
	for _, event := range events {
		number, err := strconv.Atoi(string(event.Payload))
		if err != nil {
			return err
		}
		s.total += number
	}
	return nil
}

func (s *sum) Snapshot(context.Context) ([]byte, error) {
	return []byte(strconv.Itoa(s.total)), nil
}

func (s *sum) Restore(_ context.Context, state []byte) (err error) {
	s.total, err = strconv.Atoi(string(state))
	return err
}

func TestProgramFoldsFile(t *testing.T) {
	ctx := context.Background()
	redex := managerOf(t, nil)
	file := openFile(t, redex, "a", nil)
	check[uint64](t)(file.Append([]byte("1")))
	fold := &sum{}
	state := check[*net.FoldAdapter](t)(net.FoldAdapterOpen(ctx, redex, "a", fold, nil))
	seq := check[uint64](t)(file.Append([]byte("2")))
	if err := state.WaitForSeq(ctx, seq, nil); err != nil || fold.total != 3 {
		t.Fatalf("%v, %d", err, fold.total)
	}
	saved := check[net.CortexSnapshot](t)(state.Snapshot(ctx))
	other := &sum{}
	restored := check[*net.FoldAdapter](t)(net.FoldAdapterOpenFromSnapshot(ctx, managerOf(t, nil), "c", other, saved, nil))
	if other.total != 3 {
		t.Fatalf("%d", other.total)
	}
	seq = check[uint64](t)(file.Append([]byte("x")))
	if err := state.WaitForSeq(ctx, seq, nil); !errors.Is(err, net.ErrCortexFoldFailed) {
		t.Fatalf("%v", err)
	}
	check[uint64](t)(file.Append([]byte("4")))
	if err := errors.Join(state.Close(), restored.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
}
