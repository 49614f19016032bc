package main

import (
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// clock is time on the wall, and of all threads of this process.
type clock struct {
	wall time.Time
	cpu  time.Duration
}

func startClock() clock { return clock{cpu: cpuTime(), wall: time.Now()} }

// read tells what has passed since the start.
func (c clock) read() any {
	wall := time.Since(c.wall)
	nanos := func(span time.Duration) string { return strconv.FormatInt(int64(span), 10) }
	return map[string]any{"nanos": nanos(wall), "cpu": nanos(cpuTime() - c.cpu)}
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// timed makes the calls that a request asks for, and what it has made after them.
func (c *call) timed() any {
	clock := c.time()
	if then, ok := c.arg("then").(string); ok {
		c.Op = "call:" + then
		c.call()
	}
	return clock.read()
}

// measure makes so many calls, with the arguments of each set in turn.
func (c *call) measure(prepare func(*call) func() error) clock {
	var calls []func() error
	for _, set := range c.arg("sets").([]any) {
		own := *c
		own.Args = set.(map[string]any)
		calls = append(calls, prepare(&own))
	}
	times, inFlight := readInt[int32](c.arg("times")), readInt[int32](c.arg("in_flight"))
	clock := startClock()
	if inFlight > 1 {
		c.inFlight(calls, times, inFlight)
		return clock
	}
	for i := range times {
		if err := calls[int(i)%len(calls)](); err != nil {
			panic(err)
		}
	}
	return clock
}

// inFlight has so many calls under way at any time.
func (c *call) inFlight(calls []func() error, times, inFlight int32) {
	var made atomic.Int32
	var failed atomic.Value
	var workers sync.WaitGroup
	for range inFlight {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := made.Add(1); i <= times; i = made.Add(1) {
				if err := calls[int(i)%len(calls)](); err != nil {
					failed.Store(err)
					return
				}
			}
		}()
	}
	workers.Wait()
	if err := failed.Load(); err != nil {
		panic(err)
	}
}
