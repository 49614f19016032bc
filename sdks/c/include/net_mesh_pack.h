// Packs: how records, unions, lists and maps cross between a C program and the library.
//
// A `net_writer` grows while it is packed into. What is unpacked owns its memory in one piece: the
// outermost value has it in `owner`, and its `_free` releases everything below it. Texts that were
// unpacked end with a NUL, which `len` does not count.

#ifndef NET_MESH_PACK_H
#define NET_MESH_PACK_H

#include <net_mesh.h>
#include <stdlib.h>
#include <string.h>

// Views ------------------------------------------------------------------------------------------

// A view of some bytes. Even an empty one is there, unless `data` is NULL.
static inline net_view net_view_of(const void *data, size_t len) {
  net_view view;
  view.data = (const uint8_t *)data;
  view.len = len;
  return view;
}

// A view of a C string; nothing for NULL.
static inline net_view net_str(const char *text) {
  return net_view_of(text, text == NULL ? 0 : strlen(text));
}

// Stands for no text, no bytes, or the default.
static inline net_view net_none(void) {
  return net_view_of(NULL, 0);
}

// A view of what a call gave.
static inline net_view net_bytes_view(const net_bytes *bytes) {
  return net_view_of(bytes->data, bytes->len);
}

// Whether two views have the same bytes.
static inline bool net_view_equal(net_view a, net_view b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

// A code of a family and kind, to compare with what a call answers.
#define NET_CODE(family, kind) (((net_code)(family) << 16) | (net_code)(kind))

// Waiting ----------------------------------------------------------------------------------------

// Waits on a queue for an operation's end, and writes its result or error as a synchronous call
// does.
//
// It is for programs that have one operation at a time on the queue: other events are released
// unseen.
static inline net_code net_wait(net_queue *queue,
                                uint64_t op,
                                net_bytes *result,
                                net_error *error) {
  net_event event;
  bool ended = false;
  memset(&event, 0, sizeof event);
  while (op != 0 && !ended) {
    net_event_free(&event);
    if (!net_queue_next(queue, -1, &event)) {
      break;
    }
    ended = event.type == NET_EVENT_COMPLETED && event.op == op;
  }
  if (!ended) {
    event.error.kind = 11;  // forked
  }
  net_code code = NET_CODE(event.error.family, event.error.kind);
  if (result != NULL) {
    *result = event.payload;
    memset(&event.payload, 0, sizeof event.payload);
  }
  if (error != NULL) {
    *error = event.error;
    memset(&event.error, 0, sizeof event.error);
  }
  net_event_free(&event);
  return code;
}

// Writing ----------------------------------------------------------------------------------------

// A growing buffer; all zero is an empty one. `failed` tells that memory ran out.
typedef struct net_writer {
  uint8_t *data;
  size_t len;
  size_t cap;
  bool failed;
} net_writer;

// An empty writer.
static inline net_writer net_writer_new(void) {
  net_writer w;
  memset(&w, 0, sizeof w);
  return w;
}

// Releases what a writer holds and empties it.
static inline void net_writer_free(net_writer *w) {
  free(w->data);
  *w = net_writer_new();
}

// What was written; nothing if memory ran out, which the library refuses.
static inline net_view net_writer_view(const net_writer *w) {
  if (w->failed) {
    return net_none();
  }
  return net_view_of(w->data == NULL ? (const void *)"" : w->data, w->len);
}

static inline void net_put_raw(net_writer *w, const void *data, size_t len) {
  if (w->failed || len == 0) {
    return;
  }
  if (w->cap - w->len < len) {
    size_t cap = w->cap * 2 > w->len + len ? w->cap * 2 : w->len + len + 64;
    uint8_t *grown = (uint8_t *)realloc(w->data, cap);
    if (grown == NULL) {
      w->failed = true;
      return;
    }
    w->data = grown;
    w->cap = cap;
  }
  memcpy(w->data + w->len, data, len);
  w->len += len;
}

static inline void net_put_varint(net_writer *w, uint64_t value) {
  uint8_t bytes[10];
  size_t len = 0;
  while (value >= 0x80) {
    bytes[len++] = (uint8_t)(value | 0x80);
    value >>= 7;
  }
  bytes[len++] = (uint8_t)value;
  net_put_raw(w, bytes, len);
}

static inline void net_put_zigzag(net_writer *w, int64_t value) {
  net_put_varint(w, ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0));
}

// Begins a record and tells where its length goes; `net_put_end` ends it.
static inline size_t net_put_record(net_writer *w, uint64_t fields) {
  static const uint8_t room[4] = {0, 0, 0, 0};
  net_put_varint(w, fields);
  net_put_raw(w, room, sizeof room);
  return w->len;
}

static inline void net_put_end(net_writer *w, size_t start) {
  if (!w->failed) {
    size_t len = w->len - start;
    for (int i = 0; i < 4; i++) {
      w->data[start - 4 + (size_t)i] = (uint8_t)(len >> (8 * i));
    }
  }
}

// Reading ----------------------------------------------------------------------------------------

// Memory of an unpacked value: blocks that are released together.
typedef struct net_block {
  struct net_block *next;
  size_t used;
  size_t cap;
  size_t unused;
} net_block;

// Releases the memory of an unpacked value.
static inline void net_owner_free(void *owner) {
  net_block *block = (net_block *)owner;
  while (block != NULL) {
    net_block *next = block->next;
    free(block);
    block = next;
  }
}

// A position in a pack. `failed` tells that it is not what was expected, or that memory ran out.
typedef struct net_reader {
  const uint8_t *at;
  const uint8_t *end;
  net_block *blocks;
  uint32_t depth;
  bool borrows;
  bool failed;
} net_reader;

// Reads a pack; with `borrows` texts stay where they are, and lists cannot be read.
static inline net_reader net_reader_new(net_view pack, bool borrows) {
  net_reader r;
  memset(&r, 0, sizeof r);
  r.at = pack.data;
  r.end = pack.data == NULL ? NULL : pack.data + pack.len;
  r.borrows = borrows;
  r.failed = pack.data == NULL;
  return r;
}

// The memory of what was read, or NULL with all of it released if reading failed or did not reach
// the end.
static inline void *net_reader_finish(net_reader *r, bool *ok) {
  *ok = !r->failed && r->at == r->end;
  if (!*ok) {
    net_owner_free(r->blocks);
    r->blocks = NULL;
  }
  return r->blocks;
}

static inline void *net_get_room(net_reader *r, size_t size) {
  size = (size + 15) & ~(size_t)15;
  if (r->blocks == NULL || r->blocks->cap - r->blocks->used < size) {
    size_t cap = r->blocks == NULL ? 480 : r->blocks->cap * 2;
    cap = cap < size ? size : cap;
    net_block *block = r->borrows ? NULL : (net_block *)malloc(sizeof *block + cap);
    if (block == NULL) {
      r->failed = true;
      return NULL;
    }
    block->next = r->blocks;
    block->used = 0;
    block->cap = cap;
    block->unused = 0;
    r->blocks = block;
  }
  void *room = (uint8_t *)(r->blocks + 1) + r->blocks->used;
  r->blocks->used += size;
  return room;
}

static inline const uint8_t *net_get_raw(net_reader *r, uint64_t len) {
  if (r->failed || len > (uint64_t)(r->end - r->at)) {
    r->failed = true;
    return NULL;
  }
  const uint8_t *data = r->at;
  r->at += (size_t)len;
  return data;
}

static inline uint8_t net_get_byte(net_reader *r) {
  const uint8_t *data = net_get_raw(r, 1);
  return data == NULL ? 0 : *data;
}

static inline uint64_t net_get_varint(net_reader *r) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    uint8_t byte = net_get_byte(r);
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) {
      return value;
    }
  }
  r->failed = true;
  return 0;
}

static inline int64_t net_get_zigzag(net_reader *r) {
  uint64_t value = net_get_varint(r);
  return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

// Fields of a record that is being read.
typedef struct net_fields {
  uint64_t left;
  const uint8_t *end;
} net_fields;

// Begins a record; `net_get_end` ends it and skips fields that are not known.
static inline net_fields net_get_record(net_reader *r) {
  net_fields f;
  f.left = net_get_varint(r);
  f.end = r->end;
  const uint8_t *size = net_get_raw(r, 4);
  uint32_t len = 0;
  for (int i = 0; size != NULL && i < 4; i++) {
    len |= (uint32_t)size[i] << (8 * i);
  }
  if (r->failed || len > (uint64_t)(r->end - r->at) || ++r->depth > 64) {
    r->failed = true;
    f.left = 0;
    return f;
  }
  r->end = r->at + len;
  return f;
}

// The outcome of a call whose result is no pack of what was expected.
static inline net_code net_not_unpacked(net_error *error) {
  if (error != NULL) {
    memset(error, 0, sizeof *error);
    error->kind = 8;  // codec_decode
    error->message = net_str("codec_decode: the result is not what the header says");
    error->detail = net_str("the result is not what the header says");
  }
  return NET_CODE(0, 8);
}

// Whether the record has another field.
static inline bool net_get_more(net_reader *r, net_fields *f) {
  if (f->left == 0 || r->failed) {
    return false;
  }
  f->left--;
  return true;
}

// Like `net_get_more`, for a field that has to be there.
static inline bool net_get_field(net_reader *r, net_fields *f) {
  if (net_get_more(r, f)) {
    return true;
  }
  r->failed = true;
  return false;
}

static inline void net_get_end(net_reader *r, const net_fields *f) {
  if (!r->failed) {
    r->at = r->end;
    r->depth--;
  }
  r->end = f->end;
}

// Values -----------------------------------------------------------------------------------------

static inline void net_bool_pack(net_writer *w, const bool *value) {
  uint8_t byte = *value ? 1 : 0;
  net_put_raw(w, &byte, 1);
}

static inline void net_bool_read(net_reader *r, bool *value) {
  uint8_t byte = net_get_byte(r);
  r->failed = r->failed || byte > 1;
  *value = byte == 1;
}

static inline void net_u8_pack(net_writer *w, const uint8_t *value) {
  net_put_raw(w, value, 1);
}

static inline void net_u8_read(net_reader *r, uint8_t *value) {
  *value = net_get_byte(r);
}

static inline void net_i8_pack(net_writer *w, const int8_t *value) {
  net_put_raw(w, value, 1);
}

static inline void net_i8_read(net_reader *r, int8_t *value) {
  *value = (int8_t)net_get_byte(r);
}

// Codecs of an unsigned integer that crosses as a varint: numbers, enums, flags.
#define NET_UNSIGNED(name, type)                                           \
  static inline void net_##name##_pack(net_writer *w, const type *value) { \
    net_put_varint(w, *value);                                             \
  }                                                                        \
  static inline void net_##name##_read(net_reader *r, type *value) {       \
    uint64_t wide = net_get_varint(r);                                     \
    *value = (type)wide;                                                   \
    r->failed = r->failed || *value != wide;                               \
  }

// Codecs of a signed integer.
#define NET_SIGNED(name, type)                                             \
  static inline void net_##name##_pack(net_writer *w, const type *value) { \
    net_put_zigzag(w, *value);                                             \
  }                                                                        \
  static inline void net_##name##_read(net_reader *r, type *value) {       \
    int64_t wide = net_get_zigzag(r);                                      \
    *value = (type)wide;                                                   \
    r->failed = r->failed || *value != wide;                               \
  }

NET_UNSIGNED(u16, uint16_t)
NET_UNSIGNED(u32, uint32_t)
NET_UNSIGNED(u64, uint64_t)
NET_UNSIGNED(handle, net_handle)
NET_SIGNED(i16, int16_t)
NET_SIGNED(i32, int32_t)
NET_SIGNED(i64, int64_t)

static inline void net_f64_pack(net_writer *w, const double *value) {
  uint64_t bits;
  uint8_t bytes[8];
  memcpy(&bits, value, sizeof bits);
  for (int i = 0; i < 8; i++) {
    bytes[i] = (uint8_t)(bits >> (8 * i));
  }
  net_put_raw(w, bytes, sizeof bytes);
}

static inline void net_f64_read(net_reader *r, double *value) {
  const uint8_t *bytes = net_get_raw(r, 8);
  uint64_t bits = 0;
  for (int i = 0; bytes != NULL && i < 8; i++) {
    bits |= (uint64_t)bytes[i] << (8 * i);
  }
  memcpy(value, &bits, sizeof bits);
}

// Text or bytes.
static inline void net_view_pack(net_writer *w, const net_view *value) {
  net_put_varint(w, value->len);
  net_put_raw(w, value->data, value->len);
}

static inline void net_view_read(net_reader *r, net_view *value) {
  uint64_t len = net_get_varint(r);
  const uint8_t *data = net_get_raw(r, len);
  *value = net_none();
  if (data != NULL && r->borrows) {
    *value = net_view_of(data, (size_t)len);
  } else if (data != NULL) {
    uint8_t *copy = (uint8_t *)net_get_room(r, (size_t)len + 1);
    if (copy != NULL) {
      memcpy(copy, data, (size_t)len);
      copy[len] = 0;
      *value = net_view_of(copy, (size_t)len);
    }
  }
}

// Text or bytes, or none where `data` is NULL.
static inline void net_maybe_view_pack(net_writer *w, const net_view *value) {
  bool there = value->data != NULL;
  net_bool_pack(w, &there);
  if (there) {
    net_view_pack(w, value);
  }
}

static inline void net_maybe_view_read(net_reader *r, net_view *value) {
  bool there = false;
  net_bool_read(r, &there);
  *value = net_none();
  if (there) {
    net_view_read(r, value);
  }
}

// An error, for functions that take one.
static inline void net_error_pack(net_writer *w, const net_error *value) {
  net_put_varint(w, value->family);
  net_put_varint(w, value->kind);
  net_bool_pack(w, &value->retry);
  net_view_pack(w, &value->message);
  net_maybe_view_pack(w, &value->detail);
  if (value->fields.data != NULL) {
    net_put_raw(w, value->fields.data, value->fields.len);
  } else {
    net_put_end(w, net_put_record(w, 0));
  }
}

// So many bytes, as they are.
#define NET_FIXED(size)                                                                      \
  typedef struct net_fixed_##size {                                                          \
    uint8_t bytes[size];                                                                     \
  } net_fixed_##size;                                                                        \
  static inline void net_fixed_##size##_pack(net_writer *w, const net_fixed_##size *value) { \
    net_put_raw(w, value->bytes, size);                                                      \
  }                                                                                          \
  static inline void net_fixed_##size##_read(net_reader *r, net_fixed_##size *value) {       \
    const uint8_t *bytes = net_get_raw(r, size);                                             \
    memset(value, 0, sizeof *value);                                                         \
    if (bytes != NULL) {                                                                     \
      memcpy(value->bytes, bytes, size);                                                     \
    }                                                                                        \
  }

// Lists and maps ---------------------------------------------------------------------------------

// `net_<name>_list`: a list of values of a type.
#define NET_LIST_TYPE(name, type)    \
  typedef struct net_##name##_list { \
    const type *items;               \
    size_t len;                      \
    void *owner;                     \
  } net_##name##_list;

// `net_<name>_map`: values by text, in byte order of the texts.
#define NET_MAP_TYPE(name, type)      \
  typedef struct net_##name##_entry { \
    net_view key;                     \
    type value;                       \
  } net_##name##_entry;               \
  typedef struct net_##name##_map {   \
    const net_##name##_entry *items;  \
    size_t len;                       \
    void *owner;                      \
  } net_##name##_map;

// Codecs of `net_<name>_list`, and `net_<name>_list_of` for items of the program's own.
#define NET_LIST_CODEC(name, type)                                                           \
  static inline net_##name##_list net_##name##_list_of(const type *items, size_t len) {      \
    net_##name##_list list;                                                                  \
    list.items = items;                                                                      \
    list.len = len;                                                                          \
    list.owner = NULL;                                                                       \
    return list;                                                                             \
  }                                                                                          \
  static inline void net_##name##_list_pack(net_writer *w, const net_##name##_list *value) { \
    net_put_varint(w, value->len);                                                           \
    for (size_t i = 0; i < value->len; i++) {                                                \
      net_##name##_pack(w, &value->items[i]);                                                \
    }                                                                                        \
  }                                                                                          \
  static inline void net_##name##_list_read(net_reader *r, net_##name##_list *value) {       \
    uint64_t len = net_get_varint(r);                                                        \
    r->failed = r->failed || len > (uint64_t)(r->end - r->at);                               \
    len = r->failed ? 0 : len;                                                               \
    type *items = (type *)net_get_room(r, (size_t)len * sizeof(type));                       \
    for (size_t i = 0; items != NULL && i < len && !r->failed; i++) {                        \
      net_##name##_read(r, &items[i]);                                                       \
    }                                                                                        \
    *value = net_##name##_list_of(items, r->failed ? 0 : (size_t)len);                       \
  }                                                                                          \
  NET_OWNED(name##_list)

// Codecs of `net_<name>_map`, and `net_<name>_map_of` for entries of the program's own.
#define NET_MAP_CODEC(name, type)                                                              \
  static inline void net_##name##_entry_pack(net_writer *w, const net_##name##_entry *value) { \
    net_view_pack(w, &value->key);                                                             \
    net_##name##_pack(w, &value->value);                                                       \
  }                                                                                            \
  static inline void net_##name##_entry_read(net_reader *r, net_##name##_entry *value) {       \
    net_view_read(r, &value->key);                                                             \
    net_##name##_read(r, &value->value);                                                       \
  }                                                                                            \
  static inline net_##name##_map net_##name##_map_of(const net_##name##_entry *items,          \
                                                     size_t len) {                             \
    net_##name##_map map;                                                                      \
    map.items = items;                                                                         \
    map.len = len;                                                                             \
    map.owner = NULL;                                                                          \
    return map;                                                                                \
  }                                                                                            \
  static inline void net_##name##_map_pack(net_writer *w, const net_##name##_map *value) {     \
    net_put_varint(w, value->len);                                                             \
    for (size_t i = 0; i < value->len; i++) {                                                  \
      net_##name##_entry_pack(w, &value->items[i]);                                            \
    }                                                                                          \
  }                                                                                            \
  static inline void net_##name##_map_read(net_reader *r, net_##name##_map *value) {           \
    uint64_t len = net_get_varint(r);                                                          \
    r->failed = r->failed || len > (uint64_t)(r->end - r->at);                                 \
    len = r->failed ? 0 : len;                                                                 \
    net_##name##_entry *items =                                                                \
        (net_##name##_entry *)net_get_room(r, (size_t)len * sizeof(net_##name##_entry));       \
    for (size_t i = 0; items != NULL && i < len && !r->failed; i++) {                          \
      net_##name##_entry_read(r, &items[i]);                                                   \
    }                                                                                          \
    *value = net_##name##_map_of(items, r->failed ? 0 : (size_t)len);                          \
  }                                                                                            \
  NET_OWNED(name##_map)

// `net_<name>_unpack`, which is false for a pack of something else, and `net_<name>_free`, which
// may be repeated.
#define NET_OWNED(name)                                                      \
  static inline bool net_##name##_unpack(net_view pack, net_##name *value) { \
    bool ok;                                                                 \
    net_reader r = net_reader_new(pack, false);                              \
    net_##name##_read(&r, value);                                            \
    void *owner = net_reader_finish(&r, &ok);                                \
    if (!ok) {                                                               \
      memset(value, 0, sizeof *value);                                       \
    }                                                                        \
    value->owner = owner;                                                    \
    return ok;                                                               \
  }                                                                          \
  static inline void net_##name##_free(net_##name *value) {                  \
    net_owner_free(value->owner);                                            \
    memset(value, 0, sizeof *value);                                         \
  }

#define NET_COLLECTIONS(name, type) \
  NET_LIST_TYPE(name, type)         \
  NET_MAP_TYPE(name, type)          \
  NET_LIST_CODEC(name, type)        \
  NET_MAP_CODEC(name, type)

// `bool` is a macro in C, which a second round of expansion would replace.
NET_LIST_TYPE(bool, bool)
NET_MAP_TYPE(bool, bool)
NET_LIST_CODEC(bool, bool)
NET_MAP_CODEC(bool, bool)
NET_COLLECTIONS(u8, uint8_t)
NET_COLLECTIONS(u16, uint16_t)
NET_COLLECTIONS(u32, uint32_t)
NET_COLLECTIONS(u64, uint64_t)
NET_COLLECTIONS(i8, int8_t)
NET_COLLECTIONS(i16, int16_t)
NET_COLLECTIONS(i32, int32_t)
NET_COLLECTIONS(i64, int64_t)
NET_COLLECTIONS(f64, double)
NET_COLLECTIONS(view, net_view)
NET_COLLECTIONS(handle, net_handle)

// Host objects -----------------------------------------------------------------------------------

// A stream of the program: `next` answers with the pack of a list of up to `max` items, empty at
// the end.
typedef struct net_source {
  void *ctx;
  void (*next)(void *ctx, uint64_t reply, uint32_t max);
  void (*cancel)(void *ctx, uint64_t reply);
  void (*drop)(void *ctx);
} net_source;

static inline void net_source_call(void *ctx, uint32_t method, uint64_t reply, net_view args) {
  const net_source *source = (const net_source *)ctx;
  net_reader r = net_reader_new(args, true);
  uint32_t max = 0;
  (void)method;
  net_u32_read(&r, &max);
  source->next(source->ctx, reply, max);
}

static inline void net_source_cancel(void *ctx, uint64_t reply) {
  const net_source *source = (const net_source *)ctx;
  if (source->cancel != NULL) {
    source->cancel(source->ctx, reply);
  }
}

static inline void net_source_drop(void *ctx) {
  net_source *source = (net_source *)ctx;
  if (source->drop != NULL) {
    source->drop(source->ctx);
  }
  free(source);
}

// The object to hand to exactly one call for a stream of the program, which is copied.
static inline net_host net_source_host(const net_source *source) {
  net_host host;
  memset(&host, 0, sizeof host);
  net_source *copy = (net_source *)malloc(sizeof *copy);
  if (copy != NULL) {
    *copy = *source;
    host.ctx = copy;
    host.call = net_source_call;
    host.cancel = net_source_cancel;
    host.drop = net_source_drop;
  }
  return host;
}

// Answers a call with what was packed, and empties the writer.
static inline net_code net_reply_packed(uint64_t reply, net_writer *w) {
  net_code code = w->failed ? net_reply_error(reply, 0, 3, net_str("out of memory"), net_none())
                            : net_reply(reply, net_writer_view(w));
  net_writer_free(w);
  return code;
}

#endif  // NET_MESH_PACK_H
