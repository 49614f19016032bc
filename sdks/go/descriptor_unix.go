//go:build unix

package net

import (
	"os"
	"syscall"
)

// whenReadable has a goroutine call take while a descriptor is readable; it parks after take answers false.
func whenReadable(fd int, take func() bool) error {
	fd, err := syscall.Dup(fd)
	if err != nil {
		return err
	}
	if err = syscall.SetNonblock(fd, true); err != nil {
		return err
	}
	conn, err := os.NewFile(uintptr(fd), "net queue").SyscallConn()
	if err != nil {
		return err
	}
	go func() {
		for conn.Read(func(uintptr) bool { return take() }) == nil {
		}
	}()
	return nil
}
