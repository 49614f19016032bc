// Lists, maps and streams, by the names of their types.

#ifndef TESTEE_COLLECTIONS_H
#define TESTEE_COLLECTIONS_H

#include "read.h"
#include "timing.h"

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

#endif  // TESTEE_COLLECTIONS_H
