//go:build conformance

package net_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	net "github.com/net-mesh/go"
)

var _ io.Closer = (*net.EchoBox)(nil)

func box(t testing.TB, text string) *net.EchoBox {
	t.Helper()
	box, err := net.NewEchoBox(text)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	return box
}

func textOf(t *testing.T, box *net.EchoBox, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	text, err := box.Text()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestObjects(t *testing.T) {
	ctx := context.Background()
	first, second := box(t, "one"), box(t, "two")
	if second.Serial() <= first.Serial() || first.Itself() != first {
		t.Error(first.Serial(), second.Serial())
	}
	if length, err := first.Length(); length != 3 || err != nil {
		t.Error(length, err)
	}
	if ok, err := first.Push([]byte("!")); !ok || err != nil {
		t.Error(ok, err)
	}
	if ok, err := first.Push([]byte{0xff}); ok || err != nil {
		t.Error(ok, err)
	}
	if text, err := first.Read(ctx); text != "one!" || err != nil {
		t.Error(text, err)
	}
	pair, err := first.Pair(second)
	if text := textOf(t, pair, err); text != "one!two" {
		t.Error(text)
	}
	merged, err := net.EchoBoxMerged([]*net.EchoBox{first, second, first})
	if text := textOf(t, merged, err); text != "one!twoone!" {
		t.Error(text)
	}
	part, found, err := first.Find("ne")
	if text := textOf(t, part, err); text != "ne" || !found {
		t.Error(text, found)
	}
	if none, found, err := first.Find("zz"); none != nil || found || err != nil {
		t.Error(none, found, err)
	}
}

func TestConstructors(t *testing.T) {
	ctx := context.Background()
	opened, err := net.EchoBoxOpen(ctx, "open", nil)
	if text := textOf(t, opened, err); text != "open" {
		t.Error(text)
	}
	if _, err := net.EchoBoxOpen(ctx, "fail", nil); !errors.Is(err, net.ErrEchoRejected) {
		t.Error(err)
	}
	numbered, err := net.EchoBoxOfNumber(ctx, 42)
	if text := textOf(t, numbered, err); text != "42" {
		t.Error(text)
	}
	var cell *net.EchoCell
	cell, err = net.NewEchoCell("alias")
	if text := textOf(t, cell, err); text != "alias" {
		t.Error(text)
	}
}

func TestObjectsOfBytes(t *testing.T) {
	made, err := net.EchoBoxOfBytes([]byte("data"))
	if text := textOf(t, made, err); text != "data" {
		t.Error(text)
	}
	if _, err := net.EchoBoxOfBytes([]byte{0xff}); !errors.Is(err, net.ErrEchoOdd) {
		t.Error(err)
	}
}

func TestACallThatBlocksLetsOthersRun(t *testing.T) {
	gate := check[*net.EchoGate](t)(net.NewEchoGate())
	if passed, err := gate.Enter(0); passed || err != nil {
		t.Error(passed, err)
	}
	go gate.Open()
	if passed, err := gate.Enter(10 * time.Minute); !passed || err != nil {
		t.Error(passed, err)
	}
}

func TestRecordsThatAreTuplesElsewhere(t *testing.T) {
	spot := check[net.EchoSpot](t)(net.EchoSpotOf(net.EchoSpot{Name: "a", Place: 1}))
	if spot.Name != "a" || spot.Place != 1 || *spot.Pause != 20*time.Millisecond || spot.Note != nil {
		t.Error(spot)
	}
	if _, found, err := net.EchoSpotMaybe(nil); found || err != nil {
		t.Error(found, err)
	}
	one, two := box(t, "one"), box(t, "two")
	twins := check[net.EchoTwins](t)(net.EchoTwinsOf(net.EchoTwins{Elder: one, Younger: two}))
	if text, err := twins.Elder.Text(); text != "two" || err != nil {
		t.Error(text, err)
	}
	pull := check[net.EchoPull](t)(net.Pull([]net.EchoSpot{spot}, 3))
	if numbers := collect(t, pull.Numbers.All(context.Background())); len(numbers) != 3 || len(pull.Spots) != 1 {
		t.Error(numbers, pull.Spots)
	}
}

func TestMetricsArePrintedForScrapers(t *testing.T) {
	rooms := []net.EchoRoom{{Name: "a", WeightBytes: 1, Color: net.ColorRed}}
	meter := net.EchoMeter{Calls: 2, Depth: -3, Rooms: rooms, Kinds: map[string]uint32{"x": 4}}
	text := check[string](t)(net.MeterText(meter))
	if !strings.Contains(text, "\nnet_echo_calls_total 2\n") || !strings.HasSuffix(text, "{kind=\"x\"} 4\n") {
		t.Error(text)
	}
}

func TestObjectsAndStreamsInRecords(t *testing.T) {
	ctx := context.Background()
	one, two := box(t, "one"), box(t, "two")
	kit := net.EchoKit{Label: net.Label{Text: "kit"}, First: one, More: []*net.EchoBox{two, two}}
	echoed := check[net.EchoKit](t)(net.EchoKitOf(kit))
	if text := check[string](t)(net.KitText(echoed)); text != "kit one two two" || echoed.Spare != nil {
		t.Error(text, echoed.Spare)
	}
	one.Set("changed")
	if text, err := echoed.First.Text(); text != "changed" || err != nil {
		t.Error(text, err)
	}
	watch := check[net.EchoWatch](t)(one.Watch(ctx, 3))
	if numbers := collect(t, watch.Numbers.All(ctx)); len(numbers) != 3 || watch.Pause != 250*time.Millisecond {
		t.Error(numbers, watch.Pause)
	}
	if text := check[string](t)(net.KitTextLater(ctx, watch.Kit, &echoed)); !strings.HasSuffix(text, "kit changed two two") {
		t.Error(text)
	}
	if _, found, err := one.Boxed(net.Label{}); found || err != nil {
		t.Error(found, err)
	}
	boxed, found, err := one.Boxed(net.Label{Text: "x"})
	if text := textOf(t, boxed.First, err); text != "changed" || !found {
		t.Error(text, found)
	}
}

func TestShutObjectsAreStillThere(t *testing.T) {
	one := box(t, "one")
	ended := make(chan error)
	go func() { ended <- one.Wait(context.Background()) }()
	for range 2 {
		if err := one.Shut(context.Background()); err != nil {
			t.Error(err)
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if text := check[string](t)(one.Text()); text != "one" {
		t.Error(text)
	}
}

func TestChains(t *testing.T) {
	box := box(t, "a")
	if length, err := box.Set("bc").Set("def").Length(); length != 3 || err != nil {
		t.Error(length, err)
	}
	box.Close()
	if _, err := box.Set("x").Set("y").Length(); !errors.Is(err, net.ErrBaseHandle) {
		t.Error(err)
	}
}

func TestClosedObject(t *testing.T) {
	box := box(t, "a")
	if box.Close() != nil || box.Close() != nil {
		t.Error("closing twice is harmless")
	}
	if _, err := box.Length(); !errors.Is(err, net.ErrBaseHandle) {
		t.Error(err)
	}
	if _, err := box.Read(context.Background()); !errors.Is(err, net.ErrBaseHandle) {
		t.Error(err)
	}
}

func TestCloseEndsWhatWaits(t *testing.T) {
	box := box(t, "a")
	ended := make(chan error)
	go func() { ended <- box.Wait(context.Background()) }()
	if err := box.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil && !errors.Is(err, net.ErrBaseHandle) && !errors.Is(err, net.ErrBaseClosed) {
		t.Error(err)
	}
}

func TestCancellation(t *testing.T) {
	box := box(t, "a")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- box.Wait(ctx) }()
	cancel()
	if err := <-ended; !errors.Is(err, net.ErrBaseCancelled) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := box.Wait(ctx); !errors.Is(err, net.ErrBaseCancelled) {
		t.Error("a context that ended before:", err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := box.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	reason := errors.New("reason")
	caused, stop := context.WithCancelCause(context.Background())
	stop(reason)
	if err := box.Wait(caused); !errors.Is(err, reason) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if net.Pending() != 0 {
		t.Error("a call returns when its operation has ended")
	}
}

func TestZeroValuesAreClosed(t *testing.T) {
	ctx := context.Background()
	var (
		box    net.EchoBox
		node   net.NetNode
		stream net.EventStream
		plain  net.Stream[uint32]
	)
	uses := map[string]func() error{
		"method":   func() error { _, err := box.Length(); return err },
		"chained":  func() error { _, err := box.Set("x").Length(); return err },
		"wait":     func() error { return box.Wait(ctx) },
		"emit":     func() error { _, err := node.EmitRaw("1", nil); return err },
		"next":     func() error { _, _, err := stream.Next(ctx); return err },
		"batch":    func() error { _, err := plain.NextBatch(ctx, 1); return err },
		"argument": func() error { _, err := net.NetNodeFromNative(&node); return err },
	}
	for name, use := range uses {
		if err := use(); !errors.Is(err, net.ErrBaseHandle) {
			t.Error(name, err)
		}
	}
	if err := errors.Join(box.Close(), node.Close(), stream.Close(), plain.Close()); err != nil {
		t.Error(err)
	}
}

func TestNilStreamsAreClosed(t *testing.T) {
	ctx := context.Background()
	var (
		named   *net.EventStream
		letters *net.LetterStream
		plain   *net.Stream[uint32]
	)
	uses := map[string]func() error{
		"next":  func() error { _, _, err := named.Next(ctx); return err },
		"batch": func() error { _, err := letters.NextBatch(ctx, 1); return err },
		"plain": func() error { _, _, err := plain.Next(ctx); return err },
		"stop":  func() error { return named.Stop() },
		"all": func() error {
			for _, err := range plain.All(ctx) {
				return err
			}
			return nil
		},
	}
	for name, use := range uses {
		if err := use(); !errors.Is(err, net.ErrBaseHandle) {
			t.Error(name, err)
		}
	}
	if err := errors.Join(named.Close(), letters.Close(), plain.Close()); err != nil {
		t.Error(err)
	}
}

func TestConcurrency(t *testing.T) {
	ctx := context.Background()
	shared := box(t, "shared")
	var group sync.WaitGroup
	for worker := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range 200 {
				want := strconv.Itoa(worker*1000 + i)
				own, err := net.EchoBoxOfNumber(ctx, uint64(worker*1000+i))
				if err != nil {
					t.Error(err)
					return
				}
				if text, err := own.Read(ctx); text != want || err != nil {
					t.Error(text, err)
				}
				if _, err := shared.Read(ctx); err != nil {
					t.Error(err)
				}
				own.Close()
			}
		}()
	}
	group.Wait()
}

func TestCollectedObjectsAreReleased(t *testing.T) {
	start := net.LiveHandles()
	for range 50 {
		if _, err := net.NewEchoBox("garbage"); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "what is collected is released", func() bool {
		runtime.GC()
		return net.LiveHandles() <= start
	})
}
