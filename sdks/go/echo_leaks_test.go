//go:build conformance

package net_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	net "github.com/net-mesh/go"
)

// eventually waits for what another thread brings about, of which there is no event.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for late := time.After(20 * time.Second); !holds(); runtime.Gosched() {
		select {
		case <-late:
			t.Fatal("not yet: ", what)
		default:
		}
	}
}

// residentBytes is the memory that the process holds, as Linux tells it; elsewhere only handles are counted.
func residentBytes(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// leakRounds are the ways to use an object that a leak could hide in.
func leakRounds() []func(*net.EchoBox) error {
	ctx := context.Background()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	store := &erasingStore{store{values: map[string][]byte{}}}
	numbers := func(yield func(uint32, error) bool) { _ = yield(1, nil) && yield(2, nil) }
	expected := func(err, want error) error {
		if errors.Is(err, want) {
			return nil
		}
		return errors.Join(errors.New("another error"), err)
	}
	return []func(*net.EchoBox) error{
		func(box *net.EchoBox) error { _, err := box.Length(); return err },
		func(box *net.EchoBox) error { _, err := box.Read(ctx); return err },
		func(box *net.EchoBox) error { return box.Save(ctx, store, "k") },
		func(box *net.EchoBox) error { return expected(box.Save(cancelled, store, "k"), net.ErrBaseCancelled) },
		func(*net.EchoBox) error { return expected(net.Fail("rejected", "x"), net.ErrEchoRejected) },
		func(*net.EchoBox) error { _, err := net.SumStream(ctx, numbers); return err },
		func(box *net.EchoBox) error {
			letters, err := box.Letters(2)
			if err == nil {
				_, _, err = letters.Next(ctx)
				letters.Close()
			}
			return err
		},
		func(box *net.EchoBox) error {
			within, stop := context.WithCancel(ctx)
			go stop()
			return expected(box.Wait(within), context.Canceled)
		},
	}
}

func TestNothingLeaks(t *testing.T) {
	if testing.Short() {
		t.Skip("100,000 calls, which -short leaves out")
	}
	rounds := leakRounds()
	use := func(i int) {
		box, err := net.NewEchoBox("leak")
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close()
		if err := rounds[i%len(rounds)](box); err != nil {
			t.Fatal(i%len(rounds), err)
		}
	}
	// The first operation starts the goroutine that hears of the ends of all.
	use(1)
	handles, goroutines, early := net.LiveHandles(), runtime.NumGoroutine(), 0
	for i := range 100_000 {
		if i == 20_000 {
			runtime.GC()
			early = residentBytes(t)
		}
		use(i)
	}
	runtime.GC()
	if growth := residentBytes(t) - early; growth > 8<<20 && !raceDetector {
		t.Errorf("memory grew by %d KiB", growth>>10)
	}
	eventually(t, "handles are freed", func() bool { return net.LiveHandles() <= handles })
	eventually(t, "goroutines have ended", func() bool { return runtime.NumGoroutine() <= goroutines })
	if net.Pending() != 0 {
		t.Error("operations are left:", net.Pending())
	}
}
