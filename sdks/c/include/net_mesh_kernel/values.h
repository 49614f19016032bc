// Codecs of numbers, texts and bytes.

#ifndef NET_MESH_KERNEL_VALUES_H
#define NET_MESH_KERNEL_VALUES_H

#include <net_mesh_kernel/reader.h>
#include <net_mesh_kernel/writer.h>

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

#endif  // NET_MESH_KERNEL_VALUES_H
