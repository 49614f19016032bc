//go:build !unix

package net

import "errors"

// whenReadable is for systems whose descriptors can be polled; elsewhere the library has none to offer.
func whenReadable(int, func() bool) error {
	return errors.New("this system has no descriptors to poll")
}
