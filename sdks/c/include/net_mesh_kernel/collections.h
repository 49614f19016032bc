// Lists and maps: types and codecs of each by macros.

#ifndef NET_MESH_KERNEL_COLLECTIONS_H
#define NET_MESH_KERNEL_COLLECTIONS_H

#include <net_mesh_kernel/values.h>

// A sequence of values of a type, `items` of them.
#define NET_SEQUENCE_TYPE(sequence, type) \
  typedef struct sequence {               \
    const type *items;                    \
    size_t len;                           \
    void *owner;                          \
  } sequence;

// Codecs of a sequence whose items have the codecs `item_pack` and `item_read`, and `sequence_of`
// for items of the program's own.
#define NET_SEQUENCE_CODEC(sequence, item, type)                             \
  static inline sequence sequence##_of(const type *items, size_t len) {      \
    sequence made;                                                           \
    made.items = items;                                                      \
    made.len = len;                                                          \
    made.owner = NULL;                                                       \
    return made;                                                             \
  }                                                                          \
  static inline void sequence##_pack(net_writer *w, const sequence *value) { \
    net_put_varint(w, value->len);                                           \
    for (size_t i = 0; i < value->len; i++) {                                \
      item##_pack(w, &value->items[i]);                                      \
    }                                                                        \
  }                                                                          \
  static inline void sequence##_read(net_reader *r, sequence *value) {       \
    size_t len = net_get_count(r, sizeof(type));                             \
    type *items = (type *)net_get_room(r, len * sizeof(type));               \
    for (size_t i = 0; items != NULL && i < len && !r->failed; i++) {        \
      item##_read(r, &items[i]);                                             \
    }                                                                        \
    *value = sequence##_of(items, r->failed ? 0 : len);                      \
  }                                                                          \
  NET_OWNER(sequence)

// `type_unpack`, which is false for a pack of something else, and `type_free`, which may be
// repeated.
#define NET_OWNER(type)                                          \
  static inline bool type##_unpack(net_view pack, type *value) { \
    bool ok;                                                     \
    net_reader r = net_reader_new(pack, false);                  \
    type##_read(&r, value);                                      \
    void *owner = net_reader_finish(&r, &ok);                    \
    if (!ok) {                                                   \
      memset(value, 0, sizeof *value);                           \
    }                                                            \
    value->owner = owner;                                        \
    return ok;                                                   \
  }                                                              \
  static inline void type##_free(type *value) {                  \
    net_owner_free(value->owner);                                \
    memset(value, 0, sizeof *value);                             \
  }

#define NET_OWNED(name) NET_OWNER(net_##name)

// `net_<name>_list`: a list of values of a type.
#define NET_LIST_TYPE(name, type) NET_SEQUENCE_TYPE(net_##name##_list, type)
#define NET_LIST_CODEC(name, type) NET_SEQUENCE_CODEC(net_##name##_list, net_##name, type)

// `net_<name>_map`: values by text, in byte order of the texts.
#define NET_MAP_TYPE(name, type)      \
  typedef struct net_##name##_entry { \
    net_view key;                     \
    type value;                       \
  } net_##name##_entry;               \
  NET_SEQUENCE_TYPE(net_##name##_map, net_##name##_entry)
#define NET_MAP_CODEC(name, type)                                                              \
  static inline void net_##name##_entry_pack(net_writer *w, const net_##name##_entry *value) { \
    net_view_pack(w, &value->key);                                                             \
    net_##name##_pack(w, &value->value);                                                       \
  }                                                                                            \
  static inline void net_##name##_entry_read(net_reader *r, net_##name##_entry *value) {       \
    net_view_read(r, &value->key);                                                             \
    net_##name##_read(r, &value->value);                                                       \
  }                                                                                            \
  NET_SEQUENCE_CODEC(net_##name##_map, net_##name##_entry, net_##name##_entry)

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

#endif  // NET_MESH_KERNEL_COLLECTIONS_H
