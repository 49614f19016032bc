// Writing packs.

#ifndef NET_MESH_KERNEL_WRITER_H
#define NET_MESH_KERNEL_WRITER_H

#include <net_mesh_kernel/view.h>

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

#endif  // NET_MESH_KERNEL_WRITER_H
