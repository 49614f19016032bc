//go:build conformance

package net_test

import (
	"context"
	"errors"
	"testing"

	net "github.com/net-mesh/go"
)

func TestErrorKinds(t *testing.T) {
	cases := []struct {
		kind, message string
		sentinel      error
		retry         bool
	}{
		{"rejected", "echo: rejected: number=5 reason=asked", net.ErrEchoRejected, false},
		{"too-large", "echo: too-large: 4101 bytes, the limit is 4096", net.ErrEchoTooLarge, false},
		{"busy", "echo: busy: try again", net.ErrEchoBusy, true},
		{"odd text", "echo: odd text: asked", net.ErrEchoOdd, false},
		{"bad-frame", "echo: bad-frame: asked", net.ErrEchoBadFrame, false},
		{"status", "echo:status:0x0005", net.ErrEchoStatus, false},
		{"missing", "echo: part: missing: asked", net.ErrEchoPartMissing, false},
	}
	for _, c := range cases {
		err := net.Fail(c.kind, "asked")
		var known net.NetError
		if !errors.As(err, &known) || known.Error() != c.message || known.KindText() != c.kind || known.Retry() != c.retry {
			t.Errorf("%s: %v", c.kind, err)
		}
		for _, other := range cases {
			if errors.Is(err, other.sentinel) != (other.kind == c.kind) {
				t.Errorf("%v is, or is not, %v", err, other.sentinel)
			}
		}
	}
}

func TestErrorFields(t *testing.T) {
	var echo *net.EchoError
	if err := net.Fail("rejected", "why"); !errors.As(err, &echo) || echo.Number != 3 || echo.Reason != "why" {
		t.Errorf("%+v", echo)
	}
	if err := net.Fail("too-large", ""); !errors.As(err, &echo) || echo.Size != 4096 || *echo.Limit != 4096 {
		t.Errorf("%+v", echo)
	}
	if err := net.Fail("odd text", "free"); !errors.As(err, &echo) || echo.Detail != "free" {
		t.Errorf("%+v", echo)
	}
}

func TestErrorOfAnExtendingFamily(t *testing.T) {
	err := net.Fail("part", "wheel")
	var part *net.EchoPartError
	var echo *net.EchoError
	if !errors.As(err, &part) || part.Part != "wheel" || part.Family() != "echo_part" {
		t.Errorf("%+v", part)
	}
	if !errors.As(err, &echo) || echo.Error() != err.Error() {
		t.Errorf("%+v", echo)
	}
}

func TestErrorsOfTasks(t *testing.T) {
	ctx := context.Background()
	if _, err := net.FailLater(ctx, "rejected"); !errors.Is(err, net.ErrEchoRejected) {
		t.Error(err)
	}
	if err := net.PanicNow(); !errors.Is(err, net.ErrBaseInternal) {
		t.Error(err)
	}
	if err := net.PanicLater(ctx); !errors.Is(err, net.ErrBaseInternal) {
		t.Error(err)
	}
}

func TestErrorsAsValues(t *testing.T) {
	cases := map[string]error{
		"echo/rejected: echo: rejected: number=2 reason=no": &net.EchoError{Kind: net.EchoErrorKindRejected, Number: 2, Reason: "no"},
		"echo/status: echo:status:0x0102":                   net.NewEchoStatusError(0x102, []byte("b")),
		"echo_part/missing: echo: part: missing: asked":     net.Fail("part", "asked"),
		"base/host_threw: host_threw: boom":                 errors.New("boom"),
	}
	for want, given := range cases {
		if got, err := net.DescribeError(given); err != nil || got != want {
			t.Errorf("want %s, got %s, %v", want, got, err)
		}
	}
	_, err := net.DescribeError(nil)
	refused(t, err, "errorValue")
	if text := net.NewEchoStatusError(0x102, nil).Error(); text != "echo:status:0x0102" {
		t.Error(text)
	}
}
