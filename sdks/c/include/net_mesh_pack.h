// Packs: how records, unions, lists and maps cross between a C program and the library.
//
// A `net_writer` grows while it is packed into. What is unpacked owns its memory in one piece: the
// outermost value has it in `owner`, and its `_free` releases everything below it. Texts that were
// unpacked end with a NUL, which `len` does not count.

#ifndef NET_MESH_PACK_H
#define NET_MESH_PACK_H

#include <net_mesh_kernel/collections.h>
#include <net_mesh_kernel/host.h>
#include <net_mesh_kernel/wait.h>

#endif  // NET_MESH_PACK_H
