package net_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"

	net "github.com/net-mesh/go"
)

func openFile(t testing.TB, redex *net.Redex, name string, config *net.RedexFileConfig) *net.RedexFile {
	t.Helper()
	return check[*net.RedexFile](t)(redex.OpenFile(name, config))
}

func TestRedexFileOutlastsItsClosing(t *testing.T) {
	ctx := context.Background()
	folder := t.TempDir()
	redex := check[*net.Redex](t)(net.RedexBelow(folder))
	t.Cleanup(func() { redex.Close() })
	one := uint64(1)
	file := openFile(t, redex, "a/b", &net.RedexFileConfig{Persistent: true, FsyncEveryN: &one})
	var group sync.WaitGroup
	for range 64 {
		group.Add(1)
		go func() {
			defer group.Done()
			if _, err := file.AppendAsync(ctx, []byte("event")); err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	if err := errors.Join(file.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	_, appended := file.Append([]byte("late"))
	_, awaited := file.AppendAsync(ctx, []byte("late"))
	_, read := file.ReadRange(0, 1)
	_, tailed := file.Tail(0)
	for _, err := range []error{appended, awaited, read, tailed} {
		if !errors.Is(err, net.ErrRedexClosed) {
			t.Errorf("a closed file answers %v", err)
		}
	}
	again := openFile(t, redex, "a/b", &net.RedexFileConfig{Persistent: true})
	if seq := check[uint64](t)(again.Append([]byte("last"))); seq != 64 {
		t.Fatalf("the next number is %d", seq)
	}
	events := check[[]net.RedexEvent](t)(again.ReadRange(63, 99))
	if len(events) != 2 || string(events[1].Payload) != "last" {
		t.Fatalf("read %v", events)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRedexTailGivesWhatWasThereAndWhatComes(t *testing.T) {
	redex := check[*net.Redex](t)(net.NewRedex(nil))
	t.Cleanup(func() { redex.Close() })
	file := openFile(t, redex, "a", nil)
	t.Cleanup(func() { file.Close() })
	check[uint64](t)(file.Append([]byte("0")))
	tail := check[*net.RedexTailIter](t)(file.Tail(0))
	seen := 0
	for event, err := range tail.All(context.Background()) {
		if err != nil || string(event.Payload) != strconv.Itoa(seen) {
			t.Fatalf("%v, %v", event, err)
		}
		if seen++; seen == 5 {
			break
		}
		check[uint64](t)(file.Append([]byte(strconv.Itoa(seen))))
	}
}

func TestRedexRefusals(t *testing.T) {
	redex := check[*net.Redex](t)(net.NewRedex(nil))
	t.Cleanup(func() { redex.Close() })
	_, err := redex.OpenFile("a", &net.RedexFileConfig{Persistent: true})
	if !errors.Is(err, net.ErrRedexNoDirectory) {
		t.Fatalf("%v", err)
	}
}
