// Values of the SDK as fields of an answer's line.

#ifndef TESTEE_SHOW_H
#define TESTEE_SHOW_H

#include "read.h"

static inline void put(call *c, const char *text) {
  net_put_raw(&c->out, text, strlen(text));
}

static inline void put_escaped(call *c, net_view text, const char *special) {
  for (size_t i = 0; i < text.len; i++) {
    char byte[4] = {(char)text.data[i], 0, 0, 0};
    if (byte[0] != 0 && strchr(special, byte[0]) != NULL) {
      snprintf(byte, sizeof byte, "%%%02X", text.data[i]);
    }
    net_put_raw(&c->out, byte, byte[1] == 0 ? 1 : 3);
  }
}

// Begins a field with the current path.
static inline void field(call *c, const char *value) {
  put(c, "\t");
  put(c, c->path);
  put(c, "=");
  put(c, value);
}

// Goes down to a member or item, and gives what `leave` needs.
static inline size_t enter(call *c, net_view name) {
  size_t before = strlen(c->path);
  net_writer kept_out = c->out;
  c->out = net_writer_new();
  put(c, before == 0 ? "" : ".");
  put_escaped(c, name, "\t\n\r%.=");
  put(c, name.len == 0 ? "%" : "");
  if (before + c->out.len < sizeof c->path) {
    memcpy(c->path + before, c->out.data, c->out.len);
    c->path[before + c->out.len] = 0;
  }
  net_writer_free(&c->out);
  c->out = kept_out;
  return before;
}

static inline void leave(call *c, size_t before) {
  c->path[before] = 0;
}

static inline size_t enter_item(call *c, size_t index) {
  char name[24];
  snprintf(name, sizeof name, "%zu", index);
  return enter(c, net_str(name));
}

static inline void show_null(call *c) {
  field(c, "z");
}

static inline void show_bool(call *c, const bool *value) {
  field(c, *value ? "t" : "f");
}

#define SHOW_NUMBER(name, type, format, wide)                  \
  static inline void show_##name(call *c, const type *value) { \
    char text[40];                                             \
    snprintf(text, sizeof text, format, (wide) * value);       \
    field(c, text);                                            \
  }

SHOW_NUMBER(u8, uint8_t, "n:%" PRIu64, uint64_t)
SHOW_NUMBER(u16, uint16_t, "n:%" PRIu64, uint64_t)
SHOW_NUMBER(u32, uint32_t, "n:%" PRIu64, uint64_t)
SHOW_NUMBER(u64, uint64_t, "s:%" PRIu64, uint64_t)
SHOW_NUMBER(time, uint64_t, "n:%" PRIu64, uint64_t)
SHOW_NUMBER(i8, int8_t, "n:%" PRId64, int64_t)
SHOW_NUMBER(i16, int16_t, "n:%" PRId64, int64_t)
SHOW_NUMBER(i32, int32_t, "n:%" PRId64, int64_t)
SHOW_NUMBER(i64, int64_t, "s:%" PRId64, int64_t)

static inline void show_f64(call *c, const double *value) {
  char text[40];
  if (isnan(*value)) {
    field(c, "s:nan");
  } else if (isinf(*value)) {
    field(c, *value < 0 ? "s:-inf" : "s:inf");
  } else if (*value == 0 && signbit(*value)) {
    field(c, "s:-0");
  } else {
    snprintf(text, sizeof text, "n:%.17g", *value);
    bool has_point = strpbrk(text, ".e") != NULL;
    field(c, text);
    put(c, has_point ? "" : ".0");
  }
}

static inline void show_text(call *c, const net_view *value) {
  field(c, "s:");
  put_escaped(c, *value, "\t\n\r%");
}

static inline void show_bytes(call *c, const net_view *value) {
  field(c, "s:");
  for (size_t i = 0; i < value->len; i++) {
    const char *digits = "0123456789abcdef";
    const char text[2] = {digits[value->data[i] >> 4], digits[value->data[i] & 15]};
    net_put_raw(&c->out, text, sizeof text);
  }
}

static inline void show_len(call *c, char kind, size_t len) {
  char text[24];
  snprintf(text, sizeof text, "%c:%zu", kind, len);
  field(c, text);
}

// Keeps an object under the name of the request, or releases it.
static inline void show_object(call *c, net_handle handle) {
  const node *name = member(&c->root, "as");
  const bool truth = true;
  if (name == NULL) {
    if (handle != self(c)) {
      net_handle_free(handle);
    }
  } else {
    kept *made = (kept *)calloc(1, sizeof *made + strlen(name->text) + 1);
    if (made == NULL) {
      abort();
    }
    made->name = strcpy((char *)(made + 1), name->text);
    made->handle = handle;
    made->next = *c->objects;
    *c->objects = made;
  }
  show_bool(c, &truth);
}

// Releases an object of a record, which no later request refers to.
static inline void show_handle(call *c, const net_handle *value) {
  const bool truth = true;
  show_bool(c, &truth);
  net_handle_free(*value);
}

#endif  // TESTEE_SHOW_H
