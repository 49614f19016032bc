// What an event costs from C: medians of interleaved rounds, in nanoseconds a call.
//
// The floor is an empty function of the library. What emitting costs in Rust alone is told by
// `cargo bench --package net-node`.

#include <net_mesh/bus.h>
#include <stdio.h>
#include <time.h>

#define ROUNDS 21

typedef struct work {
  const char *name;
  void (*run)(net_handle node, size_t count);
  double ns[ROUNDS];
} work;

// Events of 64 bytes, the same as those of the bench in Rust.
#define EVENT_BYTES 64
static char *texts;

static bool make_texts(size_t count) {
  texts = (char *)malloc(count * EVENT_BYTES + 1);
  for (size_t i = 0; texts != NULL && i < count; i++) {
    snprintf(texts + i * EVENT_BYTES,
             EVENT_BYTES + 1,
             "{\"id\":\"%016zx\",\"value\":%zu,\"ok\":true,\"n\":%zu}",
             i * 7919,
             10000000 + i,
             1000000 + i);
  }
  return texts != NULL;
}

static net_view event(size_t i) {
  return net_view_of(texts + i * EVENT_BYTES, EVENT_BYTES);
}

static void call_nothing(net_handle node, size_t count) {
  for (size_t i = 0; i < count; i++) {
    net_abi_check(NET_ABI_MAJOR, (uint32_t)node & 0);
  }
}

static void read_property(net_handle node, size_t count) {
  for (size_t i = 0; i < count; i++) {
    net_net_node_shards(node, NULL, NULL);
  }
}

static void emit_raw(net_handle node, size_t count) {
  for (size_t i = 0; i < count; i++) {
    net_net_node_emit_raw(node, event(i), net_none(), NULL, NULL);
  }
}

static void emit_raw_for_receipt(net_handle node, size_t count) {
  for (size_t i = 0; i < count; i++) {
    net_bytes receipt;
    net_error error;
    net_net_node_emit_raw(node, event(i), net_none(), &receipt, &error);
    net_bytes_free(&receipt);
  }
}

static void emit_buffer(net_handle node, size_t count) {
  for (size_t i = 0; i < count; i++) {
    net_net_node_emit_buffer(node, event(i), net_none(), NULL, NULL);
  }
}

static void emit_nonsense(net_handle node, size_t count) {
  for (size_t i = 0; i < count; i++) {
    net_net_node_emit_raw(node, net_str("{]"), net_none(), NULL, NULL);
  }
}

static void emit_nonsense_for_error(net_handle node, size_t count) {
  for (size_t i = 0; i < count; i++) {
    net_error error;
    net_net_node_emit_raw(node, net_str("{]"), net_none(), NULL, &error);
    net_error_free(&error);
  }
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double left = *(const double *)a;
  double right = *(const double *)b;
  return (left > right) - (left < right);
}

int main(int argc, char **argv) {
  static work works[] = {
      {"an empty call", call_nothing, {0}},
      {"shards", read_property, {0}},
      {"emit_raw", emit_raw, {0}},
      {"emit_raw with its receipt", emit_raw_for_receipt, {0}},
      {"emit_buffer", emit_buffer, {0}},
      {"emit_raw of nonsense", emit_nonsense, {0}},
      {"emit_raw of nonsense with its error", emit_nonsense_for_error, {0}},
  };
  size_t kinds = sizeof works / sizeof *works;
  size_t count = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 100000;
  net_handle node = 0;
  if (count == 0 || !make_texts(count) || net_net_node_new(net_none(), &node, NULL) != 0) {
    fprintf(stderr, "usage: emit [CALLS]\n");
    return 1;
  }
  for (size_t round = 0; round < ROUNDS; round++) {
    for (size_t kind = 0; kind < kinds; kind++) {
      double start = now();
      works[kind].run(node, count);
      works[kind].ns[round] = (now() - start) / (double)count;
    }
  }
  for (size_t kind = 0; kind < kinds; kind++) {
    double *ns = works[kind].ns;
    qsort(ns, ROUNDS, sizeof *ns, ascending);
    printf("%-36s %8.1f  from %.1f to %.1f\n", works[kind].name, ns[ROUNDS / 2], ns[0], ns[ROUNDS - 1]);
  }
  net_handle_free(node);
  free(texts);
  return 0;
}
