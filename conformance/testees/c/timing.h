// Calls that are made again and again while a clock runs.

#ifndef TESTEE_TIMING_H
#define TESTEE_TIMING_H

#include <time.h>

#include "show.h"

// The list of sets of arguments, of which one at a time is `args`.
static inline const node *sets_of(const call *c) {
  return member(member(&c->root, "args"), "sets");
}

static inline size_t number(call *c, const char *name) {
  uint32_t value = 0;
  read_u32(c, member(member(&c->root, "args"), name), &value);
  return value;
}

static inline size_t set_count(const call *c) {
  const node *sets = sets_of(c);
  return sets == NULL ? 0 : count(sets);
}

// Makes a set what `arg` looks into; false behind the last one.
static inline bool choose_set(call *c, size_t index) {
  const node *sets = sets_of(c);
  const node *at = sets == NULL ? NULL : sets->first;
  for (size_t i = 0; at != NULL && i < index; i++) {
    at = at->next;
  }
  c->chosen = at;
  return at != NULL;
}

static inline uint64_t now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

// Starts the clock; gives the set to begin with.
static inline size_t begin(call *c) {
  c->left = c->unsupported == NULL ? number(c, "times") : 0;
  c->most = number(c, "in_flight");
  c->sets = set_count(c);
  if (c->sets == 0) {
    refuse(c, "there are no arguments");
    c->left = 0;
  }
  c->cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  c->wall = now(CLOCK_MONOTONIC);
  return 0;
}

// Whether a further call is to be made.
static inline bool more(call *c) {
  return c->left-- > 0;
}

static inline size_t next_set(const call *c, size_t turn) {
  return turn + 1 == c->sets ? 0 : turn + 1;
}

// Waits for the end of an operation, whichever it is.
static inline void await_one(call *c) {
  net_event event;
  if (net_queue_next(c->queue, -1, &event)) {
    if (event.error.kind != 0) {
      refuse(c, "an operation failed");
    }
    net_event_free(&event);
  }
  c->under_way--;
}

// Counts an operation, and waits where enough are under way.
static inline void submitted(call *c) {
  c->under_way++;
  while (c->under_way >= c->most) {
    await_one(c);
  }
}

static inline void finish(call *c) {
  while (c->under_way > 0) {
    await_one(c);
  }
}

static inline void show_clock(call *c) {
  uint64_t wall = now(CLOCK_MONOTONIC) - c->wall;
  uint64_t cpu = now(CLOCK_PROCESS_CPUTIME_ID) - c->cpu;
  size_t before = enter(c, net_str("nanos"));
  show_u64(c, &wall);
  leave(c, before);
  before = enter(c, net_str("cpu"));
  show_u64(c, &cpu);
  leave(c, before);
}

#endif  // TESTEE_TIMING_H
