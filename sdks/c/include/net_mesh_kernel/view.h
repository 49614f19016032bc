// Views of bytes, and codes.

#ifndef NET_MESH_KERNEL_VIEW_H
#define NET_MESH_KERNEL_VIEW_H

#include <net_mesh.h>
#include <stdlib.h>
#include <string.h>

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

#endif  // NET_MESH_KERNEL_VIEW_H
