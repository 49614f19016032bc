//go:build conformance

package net_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	net "github.com/net-mesh/go"
	"github.com/net-mesh/go/internal/fork"
)

// aloneVariable names the test whose body a process of its own runs.
const aloneVariable = "NET_TEST_ALONE"

// alone runs a body in a process of its own, since settings of the library cannot be taken back, and gives what the
// process writes to standard error.
func alone(t *testing.T, body func(), environment ...string) string {
	t.Helper()
	if os.Getenv(aloneVariable) == t.Name() {
		body()
		// What follows in the test is about the process that started this one.
		t.SkipNow()
	}
	var stderr bytes.Buffer
	child := exec.Command(os.Args[0], "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v")
	child.Env = append(os.Environ(), aloneVariable+"="+t.Name())
	child.Env = append(child.Env, environment...)
	child.Stderr = &stderr
	if output, err := child.Output(); err != nil {
		t.Fatalf("%v\n%s%s", err, output, &stderr)
	}
	return stderr.String()
}

func TestForkedChild(t *testing.T) {
	box := box(t, "kept")
	var base *net.BaseError
	if err := net.Refusal(); !errors.As(err, &base) || base.Kind != net.BaseErrorKindForked {
		t.Fatal("an operation that a child may not begin:", err)
	}
	if kind := fork.Answer(); kind != int(base.Code()) {
		t.Error("the child got error", kind)
	}
	if text, err := box.Read(context.Background()); text != "kept" || err != nil {
		t.Error("the parent goes on:", text, err)
	}
}

func TestTheLibraryLeavesSignalsAlone(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells in a file what a process does on signals")
	}
	masks := func() []string {
		status := check[[]byte](t)(os.ReadFile("/proc/self/status"))
		return regexp.MustCompile(`(?m)^Sig(?:Ign|Cgt):.*$`).FindAllString(string(status), -1)
	}
	alone(t, func() {
		before := masks()
		if len(before) != 2 {
			t.Fatal(before)
		}
		bus := check[*net.NetNode](t)(net.NewNetNode(oneShard()))
		check[net.Receipt](t)(bus.EmitRaw("1", nil))
		if err := bus.Shutdown(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		if after := masks(); !slices.Equal(before, after) {
			t.Errorf("%v became %v", before, after)
		}
	})
}

// TestDescriptors has calls complete over every kind of descriptor that some system has, and over none.
func TestDescriptors(t *testing.T) {
	for _, kind := range []string{"pipe", "none"} {
		t.Run(kind, func(t *testing.T) {
			alone(t, func() {
				for range 100 {
					text, err := box(t, "kept").Read(context.Background())
					if text != "kept" || err != nil {
						t.Fatal(text, err)
					}
				}
			}, "NET_TEST_DESCRIPTOR="+kind)
		})
	}
}

// runtimeThreads counts the worker threads of the library.
func runtimeThreads(t *testing.T) (count int) {
	t.Helper()
	files, _ := filepath.Glob("/proc/self/task/*/comm")
	if len(files) == 0 {
		t.Skip("only Linux names the threads of a process, under /proc")
	}
	for _, file := range files {
		if name, _ := os.ReadFile(file); string(name) == "net-runtime\n" {
			count++
		}
	}
	return count
}

func TestRuntimeThreads(t *testing.T) {
	cases := []struct {
		name, environment string
		set               uint32
		want              int
	}{
		{"set", "", 3, 3},
		{"environment", "2", 0, 2},
		{"set before the environment", "2", 1, 1},
	}
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			alone(t, func() {
				if c.set != 0 {
					if err := net.SetRuntimeThreads(c.set); err != nil {
						t.Fatal(err)
					}
				}
				check[string](t)(box(t, "x").Read(context.Background()))
				eventually(t, "the threads run", func() bool { return runtimeThreads(t) == c.want })
				refused(t, net.SetRuntimeThreads(4), "threads")
			}, "NET_RUNTIME_THREADS="+c.environment)
		})
	}
}

func TestRuntimeThreadsOutOfRange(t *testing.T) {
	refused(t, net.SetRuntimeThreads(0), "threads")
	alone(t, func() {
		_, err := box(t, "x").Read(context.Background())
		refused(t, err, "NET_RUNTIME_THREADS")
	}, "NET_RUNTIME_THREADS=many")
}

func TestLogOfTheEnvironment(t *testing.T) {
	run := func() { check[string](t)(box(t, "x").Read(context.Background())) }
	if text := alone(t, run, "NET_LOG="); text != "" {
		t.Error("the library is silent by default, and said:", text)
	}
	line := regexp.MustCompile(`(?m)^\d+\.\d{9} debug net_support::runtime: the runtime starts threads=\d+$`)
	if text := alone(t, run, "NET_LOG=net_support=debug"); !line.MatchString(text) {
		t.Error(text)
	}
	if text := alone(t, run, "NET_LOG==wrong="); !strings.HasPrefix(text, "NET_LOG: argument: filter: ") {
		t.Error(text)
	}
}

func TestNeitherLogNorTextTellsSeed(t *testing.T) {
	text := strings.ToLower(alone(t, func() {
		seed := bytes.Repeat([]byte{0xa7}, 32)
		made := check[*net.Identity](t)(net.IdentityFromSeed(seed))
		shown := []any{made, net.PanicNow()}
		for _, call := range []func() (any, error){
			func() (any, error) { return net.IdentityFromSeed(seed[1:]) },
			func() (any, error) { return made.IssueToken(net.IssueTokenOptions{Subject: made.EntityID()}) },
		} {
			value, err := call()
			shown = append(shown, value, err)
		}
		for _, value := range shown {
			fmt.Fprintf(os.Stderr, "%v %+v %#v\n", value, value, value)
		}
	}, "NET_LOG=trace"))
	if !strings.Contains(text, "panic") || !strings.Contains(text, "identity") {
		t.Error("nothing is logged or shown:", text)
	}
	for _, secret := range []string{"a7a7", "a7, 0xa7", "167 167", "167, 167", "p6en"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q tells the seed: %s", secret, text)
		}
	}
}

// said is a [slog.Handler] that tells what it is given.
type said struct {
	slog.Handler
	records chan slog.Record
}

func (s said) Handle(ctx context.Context, record slog.Record) error {
	s.records <- record
	return s.Handler.Handle(ctx, record)
}

func TestLogger(t *testing.T) {
	var text bytes.Buffer
	options := &slog.HandlerOptions{Level: net.LevelTrace}
	handler := said{slog.NewTextHandler(&text, options), make(chan slog.Record, 8)}
	if err := net.SetLogger(net.NewLogSink(handler), "error"); err != nil {
		t.Fatal(err)
	}
	defer net.ClearLogger()
	_ = net.PanicNow()
	record := <-handler.records
	if record.Level != slog.LevelError || !strings.HasPrefix(record.Message, "panic at ") || record.Time.IsZero() {
		t.Error(record)
	}
	refused(t, net.SetLogger(net.NewLogSink(handler), "=wrong="), "filter")
	refused(t, net.SetLogger(nil, "info"), "logger")
	live := net.LiveHandles()
	if err := net.ClearLogger(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the logger is let go", func() bool { return net.LiveHandles() < live })
	_ = net.PanicNow()
	if len(handler.records) != 0 || !strings.Contains(text.String(), "target=net_support::guard") {
		t.Error("nobody listens:", text.String())
	}
}

func TestLogSinkOfSlog(t *testing.T) {
	var text bytes.Buffer
	drop := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	sink := net.NewLogSink(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: drop}))
	levels := []net.LogLevel{net.LogLevelError, net.LogLevelWarn, net.LogLevelInfo, net.LogLevelDebug, net.LogLevelTrace}
	for _, level := range levels {
		if err := sink.Write(net.LogRecord{Level: level, Target: "t", Message: "m", Fields: map[string]string{"b": "2", "a": "1"}}); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"ERROR", "WARN", "INFO", "DEBUG"}
	for i, level := range want {
		want[i] = "level=" + level + " msg=m target=t a=1 b=2"
	}
	if got := strings.Split(strings.TrimSpace(text.String()), "\n"); !slices.Equal(got, want) {
		t.Error(got)
	}
}

func TestOtherLibraryIsRefused(t *testing.T) {
	info := check[net.LibraryInfo](t)(net.BuildInfo())
	if err := net.Matches(info.SpecHash); err != nil {
		t.Error(err)
	}
	var base *net.BaseError
	err := net.Matches("91c0")
	if !errors.As(err, &base) || base.Kind != net.BaseErrorKindMismatch || base.Wanted != info.SpecHash || base.Found != "91c0" {
		t.Fatal(err)
	}
	if text := err.Error(); text != "mismatch: built for spec "+info.SpecHash+", library has 91c0" {
		t.Error(text)
	}
}

func TestFactsOfTheLibrary(t *testing.T) {
	info := check[net.LibraryInfo](t)(net.BuildInfo())
	version := check[string](t)(net.Version())
	if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(version) || info.Version != version {
		t.Error(version, info.Version)
	}
	if !slices.Contains(info.Features, "conformance") || strings.Count(info.Target, "-") < 2 {
		t.Error(info)
	}
}
