// Requests, and their values as trees.

#ifndef TESTEE_VALUE_H
#define TESTEE_VALUE_H

#include <inttypes.h>
#include <math.h>
#include <net_mesh/bus.h>
#include <net_mesh/control.h>
#include <net_mesh/dedup.h>
#include <net_mesh/echo.h>
#include <net_mesh/identity.h>
#include <stdio.h>

// A value: text, number, true, false, null, list or object, by the letter that stands for it.
typedef struct node {
  char kind;
  const char *name;
  const char *text;
  size_t len;
  struct node *first;
  struct node *last;
  struct node *next;
} node;

// An object that is kept between requests.
typedef struct kept {
  const char *name;
  net_handle handle;
  struct kept *next;
} kept;

// A request and its answer.
typedef struct call {
  char *line;
  const char *id;
  const char *op;
  node root;
  net_queue *queue;
  kept **objects;
  net_reader memory;
  net_writer out;
  char path[1024];
  const char *unsupported;
  bool is_error;
  // Whether its memory outlasts it, and the one before it of which that is so.
  bool is_kept;
  struct call *earlier;

  // Of an operation that is timed: the set of arguments that is read, calls to make, operations
  // under way and how many may be, sets, and when it began.
  const node *chosen;
  size_t left;
  size_t under_way;
  size_t most;
  size_t sets;
  uint64_t wall;
  uint64_t cpu;
} call;

// Memory until the end of the request.
static inline void *room(call *c, size_t size) {
  void *made = net_get_room(&c->memory, size);
  if (made == NULL) {
    abort();
  }
  return memset(made, 0, size);
}

static inline void refuse(call *c, const char *why) {
  if (c->unsupported == NULL) {
    c->unsupported = why;
  }
}

// The member of an object; NULL if there is none.
static inline const node *member(const node *value, const char *name) {
  const node *at = value == NULL ? NULL : value->first;
  while (at != NULL && strcmp(at->name, name) != 0) {
    at = at->next;
  }
  return at;
}

static inline const node *arg(const call *c, const char *name) {
  return member(c->chosen != NULL ? c->chosen : member(&c->root, "args"), name);
}

// Whether a value is there.
static inline bool given(const node *value) {
  return value != NULL && value->kind != 'z';
}

static inline size_t count(const node *value) {
  size_t len = 0;
  for (const node *at = value->first; at != NULL; at = at->next) {
    len++;
  }
  return len;
}

#endif  // TESTEE_VALUE_H
