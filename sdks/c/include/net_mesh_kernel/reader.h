// Reading packs.

#ifndef NET_MESH_KERNEL_READER_H
#define NET_MESH_KERNEL_READER_H

#include <net_mesh_kernel/view.h>

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
// A count of items that take so many bytes each in memory, and at least one in the pack.
static inline size_t net_get_count(net_reader *r, size_t size) {
  uint64_t count = net_get_varint(r);
  r->failed = r->failed || count > (uint64_t)(r->end - r->at) || count > SIZE_MAX / size;
  return r->failed ? 0 : (size_t)count;
}

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

#endif  // NET_MESH_KERNEL_READER_H
