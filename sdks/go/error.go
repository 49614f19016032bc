package net

import (
	"context"
	"errors"
	"strings"
)

// NetError is what every error of the library is, whatever its family.
type NetError interface {
	error
	// Family is the name of the family, such as `bus`.
	Family() string
	// KindText is the published text of the kind.
	KindText() string
	// Code is the number of the family, times 65536, plus the number of the kind.
	Code() uint32
	// Retry tells whether the same call may succeed later.
	Retry() bool
	// cross gives what crosses when a handler of the host answers with the error: code, detail, and the fields as a record.
	cross() (uint32, string, []byte)
	because(ctx context.Context)
}

// failure is what an error that came from the library knows of itself; it is empty in one that the program makes.
type failure struct {
	code    uint32
	message string
	led     []error
}

// because adds why a context ended: its error, and the cause that it was given.
func (f *failure) because(ctx context.Context) { f.led = append(f.led, ctx.Err(), context.Cause(ctx)) }

func (f *failure) causes() []error { return f.led }

// spelling pairs names that the library has in its errors with those that Go has for the same.
type spelling []string

// spelled gives an error of a call with Go's names of what the call takes.
func spelled(err error, names []spelling) error {
	if e, ok := err.(interface{ spell(names []spelling) }); ok {
		e.spell(names)
	}
	return err
}

// spelled is the name of an argument as Go writes it, which replaces the library's name for it in the texts.
func (f *failure) spelled(name string, detail *string, names []spelling) string {
	for _, pairs := range names {
		for at := 0; at < len(pairs); at += 2 {
			if pairs[at] == name {
				return f.replaced(name, pairs[at+1], detail)
			}
		}
	}
	return name
}

func (f *failure) replaced(name, own string, detail *string) string {
	if reason, found := strings.CutPrefix(*detail, name); found {
		f.message = strings.TrimSuffix(f.message, *detail) + own + reason
		*detail = own + reason
	}
	return own
}

// family is what the spec says about the kinds of a family.
type family struct {
	id     uint32
	name   string
	prefix string
	kinds  []kind
}

type kind struct {
	number uint32
	text   string
	retry  bool
}

func (f *family) find(text string) (kind, bool) {
	for _, k := range f.kinds {
		if k.text == text {
			return k, true
		}
	}
	return kind{}, false
}

// code is that of the library, or else of the kind's text.
func (f *family) code(known uint32, text string) uint32 {
	if known != 0 {
		return known
	}
	k, _ := f.find(text)
	return f.id<<16 | k.number
}

func (f *family) message(known, text, detail string) string {
	switch {
	case known != "":
		return known
	case detail != "":
		return f.prefix + text + ": " + detail
	default:
		return f.prefix + text
	}
}

// sentinel is the error that stands for a kind in [errors.Is].
type sentinel struct {
	code uint32
	text string
}

func (s *sentinel) Error() string { return s.text }

func isKind(e NetError, target error) bool {
	s, ok := target.(*sentinel)
	return ok && s.code == e.Code()
}

// decoders makes the error of a family; generated files fill it.
var decoders = map[uint16]func(kind uint16, f failure, detail string, fields *record) error{}

// decodeError makes an error of what the library says about it.
func decodeError(family, kind uint16, message, detail string, fields *reader) error {
	f := failure{code: uint32(family)<<16 | uint32(kind), message: message}
	decode := decoders[family]
	if decode == nil {
		return &BaseError{Kind: BaseErrorKindInternal, Detail: "error of an unknown family: " + message, failure: f}
	}
	r := fields.record()
	return decode(kind, f, detail, &r)
}

// toNetError gives any error in the form in which it crosses.
func toNetError(err error) NetError {
	var known NetError
	if errors.As(err, &known) {
		return known
	}
	return &BaseError{Kind: BaseErrorKindHostThrew, Detail: strings.ToValidUTF8(err.Error(), "\uFFFD")}
}

func argumentError(name, reason string) error {
	return &BaseError{Kind: BaseErrorKindArgument, Detail: name + ": " + reason, Argument: name, Reason: reason}
}

func cancelled(ctx context.Context) error {
	err := &BaseError{Kind: BaseErrorKindCancelled}
	err.because(ctx)
	return err
}
