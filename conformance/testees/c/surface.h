// What the SDK has: what the headers declare, as code that names it, and what the library exports.

#ifndef TESTEE_SURFACE_H
#define TESTEE_SURFACE_H

#include <dlfcn.h>
#include <stddef.h>

#include "value.h"

typedef void (*any_function)(void);

static inline void list_number(call *c, const char *name, uint64_t value) {
  char text[24];
  size_t before = enter(c, net_str(name));
  snprintf(text, sizeof text, "n:%" PRIu64, value);
  field(c, text);
  leave(c, before);
}

static inline void list_text(call *c, const char *name, const char *value) {
  net_view text = net_str(value);
  size_t before = enter(c, net_str(name));
  show_text(c, &text);
  leave(c, before);
}

static inline void list_numbers(call *c, const char *name, const uint32_t *values, size_t len) {
  size_t before = enter(c, net_str(name));
  show_len(c, 'l', len);
  for (size_t i = 0; i < len; i++) {
    size_t item = enter_item(c, i);
    show_u32(c, &values[i]);
    leave(c, item);
  }
  leave(c, before);
}

static inline void list_texts(call *c, const char *name, const char *const *values, size_t len) {
  size_t before = enter(c, net_str(name));
  show_len(c, 'l', len);
  for (size_t i = 0; i < len; i++) {
    size_t item = enter_item(c, i);
    net_view text = net_str(values[i]);
    show_text(c, &text);
    leave(c, item);
  }
  leave(c, before);
}

static inline void list_there(call *c, const char *name, bool there) {
  if (there) {
    size_t before = enter(c, net_str(name));
    show_bool(c, &there);
    leave(c, before);
  }
}

#define NUMBER(name) list_number(c, #name, (uint64_t)(name));
#define TEXT(name) list_text(c, #name, name);
#define NUMBERS(name) list_numbers(c, #name, name, name##_LEN);
#define TEXTS(name) list_texts(c, #name, name, name##_LEN);
#define TYPE(name) list_there(c, #name, sizeof(name) > 0);
#define FIELD(type, part) list_there(c, #type "." #part, offsetof(type, part) < sizeof(type));
#define INLINE(name) list_there(c, #name, sizeof((any_function)(name)) > 0);
// Declared by a header, which the compiler sees, and exported by the library.
#define SYMBOL(name) \
  list_there(c, #name, sizeof((any_function)(name)) > 0 && dlsym(library, #name) != NULL);

#endif
