package net

import "context"

// LiveHandles counts what the library keeps for this program.
var LiveHandles = liveHandles

// Matches tells why a library of a spec is refused.
var Matches = matches

// Pending counts the operations that are waited for, and the ends that nobody has taken.
func Pending() int {
	queue.mu.Lock()
	defer queue.mu.Unlock()
	return len(queue.waiting) + len(queue.early)
}

// Refusal is the error of an operation that the library does not begin.
func Refusal() error { return awaitEnd(context.Background(), 0) }
