// Values of the SDK out of those of a request.

#ifndef TESTEE_READ_H
#define TESTEE_READ_H

#include "value.h"

static inline const char *text_of(call *c, const node *value) {
  if (given(value) && (value->kind == 's' || value->kind == 'n')) {
    return value->text;
  }
  refuse(c, "a text or number is missing");
  return "";
}

static inline void read_bool(call *c, const node *value, bool *out) {
  *out = given(value) && value->kind == 't';
  if (!given(value) || (value->kind != 't' && value->kind != 'f')) {
    refuse(c, "a truth value is missing");
  }
}

#define READ_UNSIGNED(name, type, most)                                   \
  static inline void read_##name(call *c, const node *value, type *out) { \
    const char *text = text_of(c, value);                                 \
    char *end = NULL;                                                     \
    unsigned long long wide = strtoull(text, &end, 10);                   \
    *out = (type)wide;                                                    \
    if (*end != 0 || *text == '-' || wide > (most)) {                     \
      refuse(c, "a number does not fit");                                 \
    }                                                                     \
  }

#define READ_SIGNED(name, type)                                           \
  static inline void read_##name(call *c, const node *value, type *out) { \
    char *end = NULL;                                                     \
    long long wide = strtoll(text_of(c, value), &end, 10);                \
    *out = (type)wide;                                                    \
    if (*end != 0 || *out != wide) {                                      \
      refuse(c, "a number does not fit");                                 \
    }                                                                     \
  }

READ_UNSIGNED(u8, uint8_t, UINT8_MAX)
READ_UNSIGNED(u16, uint16_t, UINT16_MAX)
READ_UNSIGNED(u32, uint32_t, UINT32_MAX)
READ_UNSIGNED(u64, uint64_t, UINT64_MAX)
READ_UNSIGNED(time, uint64_t, UINT64_MAX)
READ_SIGNED(i8, int8_t)
READ_SIGNED(i16, int16_t)
READ_SIGNED(i32, int32_t)
READ_SIGNED(i64, int64_t)

static inline void read_f64(call *c, const node *value, double *out) {
  *out = strtod(text_of(c, value), NULL);
}

static inline void read_text(call *c, const node *value, net_view *out) {
  *out = net_view_of(text_of(c, value), given(value) ? value->len : 0);
}

// The value of a hex digit; -1 if it is none.
static inline int read_digit(char digit) {
  const char *digits = "0123456789abcdef";
  const char *found = digit == 0 ? NULL : strchr(digits, digit);
  return found == NULL ? -1 : (int)(found - digits);
}

static inline void read_hex(call *c, const node *value, uint8_t *out, size_t len) {
  const char *text = text_of(c, value);
  for (size_t i = 0; i < len; i++) {
    int high = read_digit(text[2 * i]);
    int low = high < 0 ? -1 : read_digit(text[2 * i + 1]);
    if (low < 0) {
      refuse(c, "bytes are not hex");
      return;
    }
    out[i] = (uint8_t)(high << 4 | low);
  }
}

static inline void read_bytes(call *c, const node *value, net_view *out) {
  size_t len = strlen(text_of(c, value)) / 2;
  uint8_t *bytes = (uint8_t *)room(c, len + 1);
  read_hex(c, value, bytes, len);
  *out = net_view_of(bytes, len);
}

// An object that was kept; 0 for one that was not.
static inline void read_handle(call *c, const node *value, net_handle *out) {
  const char *name = text_of(c, member(value, "ref"));
  *out = 0;
  for (const kept *at = *c->objects; at != NULL; at = at->next) {
    if (strcmp(at->name, name) == 0) {
      *out = at->handle;
      return;
    }
  }
}

static inline net_handle self(const call *c) {
  const node *name = member(&c->root, "self");
  const kept *at = *c->objects;
  while (at != NULL && (name == NULL || strcmp(at->name, name->text) != 0)) {
    at = at->next;
  }
  return at == NULL ? 0 : at->handle;
}

#endif  // TESTEE_READ_H
