package net

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Ptr gives a pointer to a value, for fields that may be left out.
func Ptr[T any](v T) *T { return &v }

// at is what a pointer points to, or zero.
func at[T any](v *T) (zero T) { return or(v, zero) }

// or is what a pointer points to, or the default.
func or[T any](v *T, fallback T) T {
	if v == nil {
		return fallback
	}
	return *v
}

// orElse is the value of an interface, or the default for none.
func orElse[T any](v, fallback T) T {
	if any(v) == nil {
		return fallback
	}
	return v
}

// within runs a function with what is then ended, however the function ends, and passes on what it gives.
func within[T, R any](ctx context.Context, held T, run func(context.Context, T) (R, error), end func(failed bool) error) (result R, err error) {
	failed := true
	defer func() {
		// What the function answers with is what its caller hears, whatever the end says.
		if ended := end(failed); err == nil {
			err = ended
		}
	}()
	result, err = run(ctx, held)
	failed = err != nil
	return result, err
}

// parseHex fills bytes from a text that is exactly as long.
func parseHex(into []byte, what, text string) error {
	decoded, err := hex.DecodeString(text)
	return fill(into, what, "hex", decoded, err)
}

// parseBase64 fills bytes from padded base64 of which each has one form.
func parseBase64(into []byte, what, text string) error {
	decoded, err := base64.StdEncoding.Strict().DecodeString(text)
	if err == nil && toBase64(decoded) != text { // The decoder leaves out line ends.
		return fill(into, what, "base64", nil, nil)
	}
	return fill(into, what, "base64", decoded, err)
}

// toBase64 is the text of bytes.
func toBase64(bytes []byte) string { return base64.StdEncoding.EncodeToString(bytes) }

// fill takes bytes that a text stands for, if they are as many as they have to be.
func fill(into []byte, what, form string, decoded []byte, err error) error {
	if err != nil || len(decoded) != len(into) {
		return argumentError(what, fmt.Sprintf("is not %s of %d bytes", form, len(into)))
	}
	copy(into, decoded)
	return nil
}

// unknownTag reads the number of a value that this package has no name for.
func unknownTag(text string, bits int) (uint64, bool) {
	number, found := strings.CutPrefix(text, "unknown:")
	tag, err := strconv.ParseUint(number, 10, bits)
	return tag, found && err == nil && number == strconv.FormatUint(tag, 10)
}
