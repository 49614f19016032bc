// Values of requests and answers: trees of a line's fields, read into and shown from those of the
// SDK.

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
  return member(member(&c->root, "args"), name);
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

// Reading ----------------------------------------------------------------------------------------

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

static inline void read_hex(call *c, const node *value, uint8_t *out, size_t len) {
  const char *text = text_of(c, value);
  for (size_t i = 0; i < len; i++) {
    unsigned byte = 0;
    if (sscanf(text + 2 * i, "%2x", &byte) != 1) {
      refuse(c, "bytes are not hex");
      return;
    }
    out[i] = (uint8_t)byte;
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

// Showing ----------------------------------------------------------------------------------------

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
    char text[3];
    snprintf(text, sizeof text, "%02x", value->data[i]);
    put(c, text);
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

// Lists, maps and streams, by the names of their types -------------------------------------------

#define TESTEE_FIXED(size)                                                                  \
  static inline void read_fixed_##size(call *c, const node *value, net_fixed_##size *out) { \
    if (strlen(text_of(c, value)) != 2 * (size)) {                                          \
      refuse(c, "bytes have another length");                                               \
      return;                                                                               \
    }                                                                                       \
    read_hex(c, value, out->bytes, size);                                                   \
  }                                                                                         \
  static inline void show_fixed_##size(call *c, const net_fixed_##size *value) {            \
    net_view view = net_view_of(value->bytes, size);                                        \
    show_bytes(c, &view);                                                                   \
  }

#define TESTEE_READ_LIST(code, type, list)                                       \
  static inline void read_##code##_list(call *c, const node *value, list *out) { \
    size_t len = given(value) ? count(value) : 0;                                \
    type *items = (type *)room(c, (len + 1) * sizeof *items);                    \
    const node *at = len == 0 ? NULL : value->first;                             \
    for (size_t i = 0; i < len; i++, at = at->next) {                            \
      read_##code(c, at, &items[i]);                                             \
    }                                                                            \
    out->items = items;                                                          \
    out->len = len;                                                              \
    out->owner = NULL;                                                           \
  }

#define TESTEE_SHOW_LIST(code, list)                                  \
  static inline void show_##code##_list(call *c, const list *value) { \
    show_len(c, 'l', value->len);                                     \
    for (size_t i = 0; i < value->len; i++) {                         \
      size_t before = enter_item(c, i);                               \
      show_##code(c, &value->items[i]);                               \
      leave(c, before);                                               \
    }                                                                 \
  }

#define TESTEE_MAP(code, entry, map)                                           \
  static inline void read_##code##_map(call *c, const node *value, map *out) { \
    size_t len = given(value) ? count(value) : 0;                              \
    entry *items = (entry *)room(c, (len + 1) * sizeof *items);                \
    const node *at = len == 0 ? NULL : value->first;                           \
    for (size_t i = 0; i < len; i++, at = at->next) {                          \
      items[i].key = net_str(at->name);                                        \
      read_##code(c, at, &items[i].value);                                     \
    }                                                                          \
    out->items = items;                                                        \
    out->len = len;                                                            \
    out->owner = NULL;                                                         \
  }                                                                            \
  static inline void show_##code##_map(call *c, const map *value) {            \
    show_len(c, 'o', value->len);                                              \
    for (size_t i = 0; i < value->len; i++) {                                  \
      size_t before = enter(c, value->items[i].key);                           \
      show_##code(c, &value->items[i].value);                                  \
      leave(c, before);                                                        \
    }                                                                          \
  }

// A stream of the program that gives the items of a list.
typedef struct list_source {
  call *c;
  const node *at;
} list_source;

#define TESTEE_SOURCE(code, type, list, pack)                               \
  static inline void next_##code(void *ctx, uint64_t reply, uint32_t max) { \
    list_source *own = (list_source *)ctx;                                  \
    type *items = (type *)room(own->c, ((size_t)max + 1) * sizeof *items);  \
    list batch = {items, 0, NULL};                                          \
    net_writer w = net_writer_new();                                        \
    for (; own->at != NULL && batch.len < max; own->at = own->at->next) {   \
      read_##code(own->c, own->at, &items[batch.len++]);                    \
    }                                                                       \
    pack(&w, &batch);                                                       \
    net_reply_packed(reply, &w);                                            \
  }

// Shows all that a stream of the library gives, and releases it.
#define TESTEE_DRAIN(code, list, unpack, release)                                                \
  static inline void drain_##code(call *c, net_handle stream) {                                  \
    net_writer before = c->out;                                                                  \
    size_t total = 0;                                                                            \
    size_t len = 1;                                                                              \
    c->out = net_writer_new();                                                                   \
    while (len > 0) {                                                                            \
      net_bytes bytes;                                                                           \
      list batch;                                                                                \
      uint64_t op = net_stream_next(stream, 16, net_queue_done, c->queue);                       \
      len = 0;                                                                                   \
      if (net_wait(c->queue, op, &bytes, NULL) == 0 && unpack(net_bytes_view(&bytes), &batch)) { \
        len = batch.len;                                                                         \
        for (size_t i = 0; i < len; i++) {                                                       \
          size_t at = enter_item(c, total++);                                                    \
          show_##code(c, &batch.items[i]);                                                       \
          leave(c, at);                                                                          \
        }                                                                                        \
        release(&batch);                                                                         \
      }                                                                                          \
      net_bytes_free(&bytes);                                                                    \
    }                                                                                            \
    net_writer items = c->out;                                                                   \
    c->out = before;                                                                             \
    show_len(c, 'l', total);                                                                     \
    net_put_raw(&c->out, items.data, items.len);                                                 \
    net_writer_free(&items);                                                                     \
    net_handle_free(stream);                                                                     \
  }

// Host objects -----------------------------------------------------------------------------------

// An object of the program that answers as the request says.
typedef struct host {
  call *c;
  const node *value;
} host;

// What a method answers.
static inline const node *answer_of(const host *own, const char *method) {
  const node *found = member(own->value, method);
  return found == NULL ? own->value : found;
}

// Whether a method answers with its argument of a name.
static inline bool gives_back(const node *answer, const char *name) {
  const node *arg = member(answer, "arg");
  return arg != NULL && strcmp(arg->text, name) == 0;
}

// Answers a call with the error of the request, if it has one; generated.
static inline bool throws(call *c, const node *answer, uint64_t reply);

#endif  // TESTEE_VALUE_H
