//go:build conformance

package net_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	net "github.com/net-mesh/go"
)

func ask(ctx context.Context, times uint32, handler net.EchoHandlerFunc) ([]byte, error) {
	return net.Ask(ctx, handler, net.Label{Text: "hello", Color: net.ColorBlue}, []byte{1, 2}, times)
}

// negator is an object that maps numbers.
type negator struct{}

func (negator) Map(value int64) (int64, error) { return -value, nil }

func TestHandlers(t *testing.T) {
	ctx := context.Background()
	got, err := ask(ctx, 1, func(_ context.Context, request net.Label, data []byte) ([]byte, error) {
		return []byte(fmt.Sprint(request.Text, request.Color, data)), nil
	})
	if string(got) != "hello blue [1 2]" && string(got) != "helloblue[1 2]" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	mapped, err := net.MapNumbers(ctx, []int64{1, -2}, net.EchoMapperFunc(func(v int64) (int64, error) { return 2 * v, nil }))
	if err != nil || len(mapped) != 2 || mapped[0] != 2 || mapped[1] != -4 {
		t.Error(mapped, err)
	}
	if mapped, err := net.MapNumbers(ctx, []int64{4}, negator{}); err != nil || len(mapped) != 1 || mapped[0] != -4 {
		t.Error(mapped, err)
	}
	if _, err := net.Ask(ctx, nil, net.Label{}, nil, 1); !errors.Is(err, net.ErrBaseArgument) {
		t.Error("no handler:", err)
	}
}

// moody is an error of which a nil pointer has no text.
type moody struct{ text string }

func (m *moody) Error() string { return m.text }

func TestErrorsOfHandlers(t *testing.T) {
	ctx := context.Background()
	answer := func(err error) net.EchoHandlerFunc {
		return func(context.Context, net.Label, []byte) ([]byte, error) { return nil, err }
	}
	_, err := ask(ctx, 1, answer(&net.EchoError{Kind: net.EchoErrorKindBusy}))
	if !errors.Is(err, net.ErrEchoBusy) {
		t.Error(err)
	}
	var echo *net.EchoError
	_, err = ask(ctx, 1, answer(fmt.Errorf("wrapped: %w", net.NewEchoStatusError(7, []byte{9}))))
	if !errors.As(err, &echo) || echo.Kind != net.EchoErrorKindStatus || echo.Status != 7 || len(echo.Body) != 1 {
		t.Error(err)
	}
	var base *net.BaseError
	_, err = ask(ctx, 1, answer(errors.New("boom")))
	if !errors.As(err, &base) || base.Kind != net.BaseErrorKindHostThrew || base.Detail != "boom" {
		t.Error(err)
	}
	for _, silent := range []error{(*moody)(nil), (*net.EchoError)(nil), (*net.BaseError)(nil)} {
		_, err = ask(ctx, 1, answer(silent))
		if !errors.As(err, &base) || base.Kind != net.BaseErrorKindHostThrew || !strings.HasPrefix(base.Detail, "an error that panics: ") {
			t.Error(err)
		}
	}
	_, err = ask(ctx, 1, func(context.Context, net.Label, []byte) ([]byte, error) { panic("oh") })
	if !errors.As(err, &base) || base.Kind != net.BaseErrorKindHostThrew || base.Detail != "panic: oh" {
		t.Error(err)
	}
	_, err = ask(ctx, 1, func(context.Context, net.Label, []byte) ([]byte, error) { runtime.Goexit(); return nil, nil })
	if !errors.Is(err, net.ErrBaseHostThrew) {
		t.Error(err)
	}
	_, err = net.MapNumbers(ctx, []int64{1}, net.EchoMapperFunc(func(int64) (int64, error) { return 0, errors.New("no") }))
	if !errors.Is(err, net.ErrBaseHostThrew) {
		t.Error(err)
	}
}

func TestHandlersRunAtOnce(t *testing.T) {
	const times = 16
	var together sync.WaitGroup
	together.Add(times)
	_, err := ask(context.Background(), times, func(context.Context, net.Label, []byte) ([]byte, error) {
		together.Done()
		together.Wait()
		return []byte{}, nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAbandonedHandler(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	_, err := ask(ctx, 1, func(own context.Context, _ net.Label, _ []byte) ([]byte, error) {
		cancel()
		<-own.Done()
		ended <- own.Err()
		return nil, own.Err()
	})
	if !errors.Is(err, net.ErrBaseCancelled) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

type store struct {
	name   string
	values map[string][]byte
	inside atomic.Int32
}

func (s *store) Name() (string, bool) { return s.name, s.name != "" }

func (s *store) Put(_ context.Context, key string, value []byte) error {
	if s.inside.Add(1) != 1 {
		return errors.New("called twice at once")
	}
	defer s.inside.Add(-1)
	s.values[key] = value
	return nil
}

func (s *store) Get(_ context.Context, key string) ([]byte, bool, error) {
	value, found := s.values[key]
	return value, found, nil
}

type erasingStore struct{ store }

func (s *erasingStore) Erase(key string) (bool, error) {
	_, found := s.values[key]
	delete(s.values, key)
	return found, nil
}

func TestStores(t *testing.T) {
	ctx := context.Background()
	box, err := net.NewEchoBox("kept")
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	plain := &store{name: "plain", values: map[string][]byte{}}
	if err := box.Save(ctx, plain, "k"); err != nil || string(plain.values["k"]) != "kept" {
		t.Error(plain.values, err)
	}
	erasing := &erasingStore{store{values: map[string][]byte{}}}
	if err := box.Save(ctx, erasing, "k"); err != nil || len(erasing.values) != 0 {
		t.Error(erasing.values, err)
	}
	forgetful := &forgetfulStore{}
	if err := box.Save(ctx, forgetful, "k"); !errors.Is(err, net.ErrEchoOdd) {
		t.Error(err)
	}
}

// forgetfulStore keeps nothing.
type forgetfulStore struct{}

func (forgetfulStore) Name() (string, bool)                              { return "", false }
func (forgetfulStore) Put(context.Context, string, []byte) error         { return nil }
func (forgetfulStore) Get(context.Context, string) ([]byte, bool, error) { return nil, false, nil }
