package net

import (
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

// parseHex fills bytes from a text that is exactly as long.
func parseHex(into []byte, what, text string) error {
	if decoded, err := hex.DecodeString(text); err == nil && len(decoded) == len(into) {
		copy(into, decoded)
		return nil
	}
	return argumentError(what, fmt.Sprintf("is not hex of %d bytes", len(into)))
}

// unknownTag reads the number of a value that this package has no name for.
func unknownTag(text string, bits int) (uint64, bool) {
	number, found := strings.CutPrefix(text, "unknown:")
	tag, err := strconv.ParseUint(number, 10, bits)
	return tag, found && err == nil && number == strconv.FormatUint(tag, 10)
}
