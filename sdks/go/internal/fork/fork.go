//go:build conformance && unix

// Package fork splits a process as a C library within a Go program may; Go itself has no way to.
package fork

// #cgo CFLAGS: -I${SRCDIR}/../../../../bindings/c/include
// #include <net_mesh.h>
// #include <sys/wait.h>
// #include <unistd.h>
//
// // The package net links the library.
// #pragma weak net_version
//
// static int answer_in_child(void) {
//   pid_t child = fork();
//   if (child == 0) {
//     _exit(net_version(NULL, NULL) & 0x7f);
//   }
//   int status;
//   return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
// }
import "C"

// Answer gives the kind of the error with which the library answers a call in a forked child.
//
// The child runs C only: without the threads of the parent, Go's scheduler may stop for ever.
func Answer() int { return int(C.answer_in_child()) }
