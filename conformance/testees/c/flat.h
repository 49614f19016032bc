// Reads the flat form of requests: a line of tab-separated `path=value` fields.

#ifndef TESTEE_FLAT_H
#define TESTEE_FLAT_H

#include "value.h"

// Takes escapes out of a text of a length, in place, and gives the length that is left.
static inline size_t unescape(char *text, size_t len) {
  size_t to = 0;
  for (size_t from = 0; from < len; to++) {
    unsigned byte = 0;
    if (text[from] == '%' && sscanf(text + from, "%%%2x", &byte) == 1) {
      text[to] = (char)byte;
      from += 3;
    } else {
      text[to] = text[from++];
    }
  }
  text[to] = 0;
  return to;
}

// The value at a path, which is made on the way.
static inline node *place(call *c, char *path) {
  node *at = &c->root;
  for (char *step = path; step != NULL;) {
    char *rest = strchr(step, '.');
    if (rest != NULL) {
      *rest++ = 0;
    }
    char *name = strcmp(step, "%") == 0 ? step + 1 : step;
    unescape(name, strlen(name));
    node *found = (node *)member(at, name);
    if (found == NULL) {
      found = (node *)room(c, sizeof *found);
      found->kind = 'o';
      found->name = name;
      found->text = "";
      *(at->first == NULL ? &at->first : &at->last->next) = found;
      at->last = found;
    }
    at = found;
    step = rest;
  }
  return at;
}

// Reads a line, which may hold NULs.
static inline void parse(call *c, char *line, size_t len) {
  char *end = line + len - (line[len - 1] == '\n' ? 1 : 0);
  *end = 0;
  for (int position = 0; line <= end; position++) {
    char *stop = (char *)memchr(line, '\t', (size_t)(end - line));
    stop = stop == NULL ? end : stop;
    *stop = 0;
    char *value = strchr(line, '=');
    if (position < 2) {
      *(position == 0 ? &c->id : &c->op) = line;
    } else if (value != NULL) {
      *value++ = 0;
      node *at = place(c, line);
      at->kind = *value;
      if (stop - value >= 2 && value[1] == ':') {
        at->text = value + 2;
        at->len = unescape(value + 2, (size_t)(stop - value - 2));
      }
    }
    line = stop + 1;
  }
}

#endif  // TESTEE_FLAT_H
