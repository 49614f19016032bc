// Nothing is left over: handles return, and memory stays where it is.

#include <stdio.h>
#include <unistd.h>

#include "test.h"

#define ROUNDS 100000
#define WARM 20000
#define MOST_BYTES (8L << 20)

static long resident_bytes(void) {
  long pages = 0;
  long all = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file != NULL) {
    if (fscanf(file, "%ld %ld", &all, &pages) != 2) {
      pages = 0;
    }
    fclose(file);
  }
  return pages * sysconf(_SC_PAGESIZE);
}

static void twice(void *ctx, uint64_t reply, int64_t value) {
  (void)ctx;
  net_echo_mapper_map_reply(reply, value * 2);
}

// Some of everything that makes and frees memory on both sides.
static bool one_round(net_queue *queue, int round) {
  net_label label = net_label_init();
  net_handle box = test_box("leak");
  net_handle stream = 0;
  net_error error;
  net_bytes bytes;
  bool found = false;
  bool ok = true;
  label.text = net_str("x");
  ok = ok && net_echo_optional_with(true, 1, net_str("y"), &label, &found, &bytes, NULL) == 0;
  net_bytes_free(&bytes);
  ok = ok && net_fail(net_str("rejected"), net_none(), &error) != 0;
  net_error_free(&error);
  ok = ok && net_wait(queue, net_echo_box_read(box, net_queue_done, queue), &bytes, NULL) == 0;
  net_bytes_free(&bytes);
  ok = ok && net_count_up(3, &stream, NULL) == 0;
  ok = ok && net_wait(queue, net_stream_next(stream, 8, net_queue_done, queue), &bytes, NULL) == 0;
  net_bytes_free(&bytes);
  net_handle_free(stream);
  if (round % 10 == 0) {
    static const int64_t numbers[] = {1, 2};
    net_echo_mapper mapper = {NULL, twice, NULL, NULL};
    uint64_t op = net_map_numbers_with(numbers, 2, &mapper, net_queue_done, queue);
    ok = ok && net_wait(queue, op, &bytes, NULL) == 0;
    net_bytes_free(&bytes);
    op = net_echo_box_wait(box, net_queue_done, queue);
    ok = ok && net_op_cancel(op) && net_wait(queue, op, NULL, NULL) != 0;
  }
  return ok && net_handle_free(box);
}

static void a_hundred_thousand_rounds_leave_nothing(void) {
  size_t live = net_live_handles();
  net_queue *queue = net_queue_new();
  long warm = 0;
  for (int round = 0; round < ROUNDS; round++) {
    CHECK(one_round(queue, round));
    if (round == WARM) {
      warm = resident_bytes();
    }
  }
  net_queue_free(queue);
  long grown = resident_bytes() - warm;
  if (grown >= MOST_BYTES) {
    printf("  grew by %ld bytes\n", grown);
  }
  CHECK(grown < MOST_BYTES);
  CHECK(net_live_handles() == live);
}

const test leaks_tests[] = {
    {"leaks: a hundred thousand rounds leave nothing", a_hundred_thousand_rounds_leave_nothing},
    {NULL, NULL},
};
