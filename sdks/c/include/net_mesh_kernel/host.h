// Objects of the program: streams, and answers.

#ifndef NET_MESH_KERNEL_HOST_H
#define NET_MESH_KERNEL_HOST_H

#include <net_mesh_kernel/values.h>

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
    // Without `next` the library refuses the object.
    host.call = source->next == NULL ? NULL : net_source_call;
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

#endif  // NET_MESH_KERNEL_HOST_H
