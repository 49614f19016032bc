// In a fork of a process that used the library every call is refused, and none waits.

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define FORKED NET_CODE(NET_FAMILY_BASE, NET_BASE_FORKED)

// What the parent hands to its child.
typedef struct before {
  net_queue *queue;
  net_handle box;
  net_handle stream;
  uint64_t op;
} before;

// Ends the child if a condition does not hold.
#define EXPECT(condition)                        \
  do {                                           \
    if (!(condition)) {                          \
      fprintf(stderr, "fork: %s\n", #condition); \
      return 1;                                  \
    }                                            \
  } while (0)

static int functions_and_methods(const before *from) {
  net_error error;
  net_handle box = 7;
  uint32_t value = 7;
  bool is_found = true;
  EXPECT(net_echo_u32(7, &value, &error) == FORKED && value == 0);
  EXPECT(test_says(&error, "forked"));
  EXPECT(net_echo_maybe(true, 7, &is_found, &value, NULL) == FORKED && !is_found);
  EXPECT(net_echo_box_new(net_str("x"), &box, NULL) == FORKED && box == 0);
  EXPECT(net_echo_box_length(from->box, &value, NULL) == FORKED);
  EXPECT(net_echo_box_letters(from->box, 1, &box, NULL) == FORKED);
  EXPECT(net_clear_logger(NULL) == FORKED && net_set_runtime_threads(2, NULL) == FORKED);
  return 0;
}

static int operations(const before *from) {
  outcome *told = outcome_new();
  EXPECT(net_panic_later(test_done, told) == 0 && outcome_count(told) == 1);
  EXPECT(outcome_wait(told) == FORKED);
  outcome_free(told);
  told = outcome_new();
  EXPECT(net_stream_next(from->stream, 1, test_done, told) == 0 && outcome_wait(told) == FORKED);
  outcome_free(told);
  EXPECT(net_echo_box_read(from->box, net_queue_done, from->queue) == 0);
  EXPECT(net_wait(from->queue, 0, NULL, NULL) == FORKED);
  EXPECT(!net_op_cancel(from->op) && net_stream_close(from->stream, NULL) == FORKED);
  return 0;
}

static int queues_handles_and_replies(const before *from) {
  net_event event;
  net_bytes pack;
  memset(&event, 0, sizeof event);
  EXPECT(net_queue_new() == NULL);
  EXPECT(!net_queue_next(from->queue, -1, &event) && net_queue_drain(from->queue, 1, &pack) == 0);
  EXPECT(!net_handle_free(from->box));
  EXPECT(net_reply(1, net_str("")) == FORKED);
  EXPECT(net_reply_error(1, 0, NET_BASE_HOST_THREW, net_str("x"), net_none()) == FORKED);
  net_queue_free(from->queue);
  // What needs no lock still answers.
  EXPECT(net_abi_check(NET_ABI_MAJOR, 0, NULL) == 0 && net_spec_hash() != NULL);
  return 0;
}

static bool in_child(int (*run)(const before *from)) {
  before from = {net_queue_new(), test_box("b"), 0, 0};
  net_count_up(3, &from.stream, NULL);
  from.op = net_echo_box_wait(from.box, net_queue_done, from.queue);
  int status = 0;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    _exit(run(&from));
  }
  bool ended = child > 0 && waitpid(child, &status, 0) == child;
  net_queue_free(from.queue);
  net_handle_free(from.stream);
  net_handle_free(from.box);
  return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void functions_and_methods_are_refused(void) {
  CHECK(in_child(functions_and_methods));
}

static void operations_are_refused(void) {
  CHECK(in_child(operations));
}

static void queues_handles_and_replies_are_refused(void) {
  CHECK(in_child(queues_handles_and_replies));
}

static void the_parent_is_not_harmed(void) {
  CHECK(in_child(queues_handles_and_replies));
  uint32_t value = 0;
  CHECK(net_echo_u32(5, &value, NULL) == 0 && value == 5);
}

const test forks_tests[] = {
    {"forks: functions and methods are refused", functions_and_methods_are_refused},
    {"forks: operations are refused", operations_are_refused},
    {"forks: queues, handles and replies are refused", queues_handles_and_replies_are_refused},
    {"forks: the parent is not harmed", the_parent_is_not_harmed},
    {NULL, NULL},
};
