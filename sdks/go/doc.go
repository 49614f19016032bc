// Package net is the Go SDK of Net: a sharded event bus, and the mesh around it.
//
// Calls go to a native library that is linked into the program. An object such as [NetNode] stands for one in that library;
// Close ends it, and so does the garbage collector when nothing refers to it any more. Methods may be called from any goroutine.
//
// A method that waits takes a [context.Context] first. When the context ends, the operation is cancelled, and the method
// returns once the library has let go of it.
//
// Every error of the library is a [NetError], with one struct per family such as [BusError]: use [errors.As] for its
// fields, and [errors.Is] with a value such as [ErrBusClosed] for its kind.
package net
