// Operations: callbacks, the queue, its descriptor, cancellation.

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

#define CANCELLED NET_CODE(NET_FAMILY_BASE, NET_BASE_CANCELLED)

static bool is_readable(const net_queue *queue, int timeout_ms) {
  struct pollfd waited = {net_queue_fd(queue), POLLIN, 0};
  return poll(&waited, 1, timeout_ms) == 1;
}

static void a_callback_hears_the_result_once(void) {
  net_handle box = test_box("read me");
  outcome *told = outcome_new();
  net_view text;
  CHECK(net_echo_box_read(box, test_done, told) != 0);
  CHECK(outcome_wait(told) == 0);
  CHECK(net_echo_box_read_result(outcome_result(told), &text) && test_is(text, "read me"));
  CHECK(outcome_count(told) == 1);
  outcome_free(told);
  net_handle_free(box);
}

static void a_callback_hears_the_error(void) {
  outcome *told = outcome_new();
  net_fail_later(net_str("busy"), test_done, told);
  CHECK(outcome_wait(told) == NET_CODE(NET_FAMILY_ECHO, NET_ECHO_BUSY));
  CHECK(outcome_says(told, "echo: busy: try again"));
  outcome_free(told);
}

static void bad_arguments_are_heard_the_same_way(void) {
  outcome *told = outcome_new();
  CHECK(net_fail_later(net_none(), test_done, told) != 0);
  CHECK(outcome_wait(told) == NET_CODE(NET_FAMILY_BASE, NET_BASE_ARGUMENT));
  CHECK(outcome_says(told, "argument: kind: is NULL"));
  outcome_free(told);
}

static void constructors_complete_later(void) {
  net_echo_options options = net_echo_options_init();
  outcome *told = outcome_new();
  net_handle box = 0;
  net_bytes text;
  net_echo_box_open_with(net_str("opened"), &options, test_done, told);
  CHECK(outcome_wait(told) == 0 && net_echo_box_open_result(outcome_result(told), &box));
  CHECK(net_echo_box_text(box, &text, NULL) == 0 && test_gave(&text, "opened"));
  outcome_free(told);
  net_handle_free(box);
  told = outcome_new();
  net_echo_box_open_with(net_str("fail"), NULL, test_done, told);
  CHECK(outcome_wait(told) != 0 && outcome_says(told, "echo: rejected: number=3 reason=echo"));
  outcome_free(told);
}

static void without_anybody_to_tell_nothing_starts(void) {
  CHECK(net_fail_later(net_str("busy"), NULL, NULL) == 0);
}

static void a_queue_hears_of_ends_in_order(void) {
  net_queue *queue = net_queue_new();
  net_handle box = test_box("q");
  net_event event;
  CHECK(!is_readable(queue, 0) && !net_queue_next(queue, 0, &event));
  uint64_t first = net_echo_box_read(box, net_queue_done, queue);
  uint64_t second = net_fail_later(net_str("odd"), net_queue_done, queue);
  CHECK(first != 0 && second != 0 && first != second);
  CHECK(is_readable(queue, -1));
  CHECK(net_queue_next(queue, -1, &event) && event.type == NET_EVENT_COMPLETED);
  net_view text;
  CHECK(event.op == first && event.error.kind == 0);
  CHECK(net_echo_box_read_result(net_bytes_view(&event.payload), &text) && test_is(text, "q"));
  net_event_free(&event);
  net_event_free(&event);
  CHECK(is_readable(queue, -1));
  CHECK(net_queue_next(queue, -1, &event) && event.op == second);
  CHECK(event.error.family == NET_FAMILY_ECHO && event.payload.data == NULL);
  net_event_free(&event);
  CHECK(!is_readable(queue, 0));
  net_queue_free(queue);
  net_handle_free(box);
}

static void waiting_ends_with_the_event(void) {
  net_queue *queue = net_queue_new();
  net_handle box = test_box("w");
  net_event event;
  uint64_t op = net_echo_box_wait(box, net_queue_done, queue);
  CHECK(!net_queue_next(queue, 20, &event));
  outcome *told = outcome_new();
  net_echo_box_shut(box, test_done, told);
  CHECK(net_queue_next(queue, -1, &event) && event.op == op && event.error.kind == 0);
  net_event_free(&event);
  outcome_wait(told);
  outcome_free(told);
  net_queue_free(queue);
  net_handle_free(box);
}

static void a_waited_result_reads_like_a_call(void) {
  net_queue *queue = net_queue_new();
  net_handle box = test_box("wait");
  net_bytes result;
  net_error error;
  net_view text;
  CHECK(net_wait(queue, net_echo_box_read(box, net_queue_done, queue), &result, NULL) == 0);
  CHECK(net_echo_box_read_result(net_bytes_view(&result), &text) && test_is(text, "wait"));
  net_bytes_free(&result);
  CHECK(net_wait(queue, net_fail_later(net_str("odd"), net_queue_done, queue), NULL, &error) != 0);
  CHECK(test_says(&error, "echo: odd text: later"));
  CHECK(net_wait(NULL, 0, NULL, NULL) == NET_CODE(NET_FAMILY_BASE, NET_BASE_ARGUMENT));
  net_handle_free(box);
  net_queue_free(queue);
}

static void a_wait_gives_what_the_call_gives(void) {
  net_queue *queue = net_queue_new();
  net_handle box = 0;
  net_handle letters = 0;
  net_bytes text;
  net_view_list list;
  net_error error;
  CHECK(net_echo_box_open_wait(queue, net_str("ab"), NULL, &box, NULL) == 0);
  CHECK(net_echo_box_read_wait(queue, box, &text, NULL) == 0 && test_gave(&text, "ab"));
  CHECK(net_echo_box_letters(box, 2, &letters, NULL) == 0);
  CHECK(net_letter_stream_next_wait(queue, letters, 10, &list, NULL) == 0);
  CHECK(list.len == 2 && test_is(list.items[1], "b"));
  net_view_list_free(&list);
  CHECK(net_fail_later_wait(queue, net_str("odd"), NULL, &error) != 0);
  CHECK(error.family == NET_FAMILY_ECHO);
  net_error_free(&error);
  net_handle_free(letters);
  net_handle_free(box);
  net_queue_free(queue);
}

static void a_wait_keeps_nothing_that_is_not_wanted(void) {
  net_queue *queue = net_queue_new();
  net_handle box = test_box("ab");
  size_t before = net_live_handles();
  CHECK(net_echo_box_open_wait(queue, net_str("ab"), NULL, NULL, NULL) == 0);
  CHECK(net_echo_box_read_wait(queue, box, NULL, NULL) == 0);
  CHECK(net_live_handles() == before);
  net_handle_free(box);
  net_queue_free(queue);
}

static void a_drained_queue_gives_one_pack(void) {
  net_queue *queue = net_queue_new();
  net_handle box = test_box("d");
  uint64_t ops[3];
  net_bytes pack;
  for (int i = 0; i < 3; i++) {
    ops[i] = net_echo_box_read(box, net_queue_done, queue);
  }
  uint64_t failing = net_fail_later(net_str("busy"), net_queue_done, queue);
  CHECK(net_queue_drain(queue, 3, &pack) == 3);
  net_reader r = net_reader_new(net_bytes_view(&pack), true);
  for (int i = 0; i < 3; i++) {
    net_view payload;
    CHECK(net_get_varint(&r) == NET_EVENT_COMPLETED && net_get_varint(&r) == ops[i]);
    CHECK(net_get_byte(&r) == 0);
    net_view_read(&r, &payload);
    CHECK(payload.len == 2 && payload.data[1] == 'd');
  }
  CHECK(!r.failed && r.at == r.end);
  net_bytes_free(&pack);
  CHECK(is_readable(queue, -1));
  CHECK(net_queue_drain(queue, 8, &pack) == 1);
  r = net_reader_new(net_bytes_view(&pack), true);
  CHECK(net_get_varint(&r) == NET_EVENT_COMPLETED && net_get_varint(&r) == failing);
  CHECK(net_get_byte(&r) == 1);
  CHECK(net_get_varint(&r) == NET_FAMILY_ECHO && net_get_varint(&r) == NET_ECHO_BUSY);
  net_bytes_free(&pack);
  CHECK(!is_readable(queue, 0));
  CHECK(net_queue_drain(queue, 8, &pack) == 0 && pack.data == NULL);
  net_queue_free(queue);
  net_handle_free(box);
}

static void an_operation_is_cancelled_once(void) {
  net_handle box = test_box("c");
  outcome *told = outcome_new();
  uint64_t op = net_echo_box_wait(box, test_done, told);
  CHECK(net_op_cancel(op));
  CHECK(outcome_wait(told) == CANCELLED);
  CHECK(!net_op_cancel(op) && !net_op_cancel(0) && outcome_count(told) == 1);
  outcome_free(told);
  net_handle_free(box);
}

static void a_cancelled_operation_is_heard_on_the_queue(void) {
  net_queue *queue = net_queue_new();
  net_handle box = test_box("c");
  net_event event;
  uint64_t op = net_echo_box_wait(box, net_queue_done, queue);
  CHECK(net_op_cancel(op));
  CHECK(net_queue_next(queue, -1, &event) && event.op == op);
  CHECK(NET_CODE(event.error.family, event.error.kind) == CANCELLED);
  net_event_free(&event);
  net_queue_free(queue);
  net_handle_free(box);
}

static void a_freed_queue_forgets_its_operations(void) {
  net_queue *queue = net_queue_new();
  net_handle box = test_box("f");
  CHECK(net_echo_box_wait(box, net_queue_done, queue) != 0);
  net_queue_free(queue);
  net_queue_free(NULL);
  CHECK(net_handle_free(box));
}

static void a_freed_queue_releases_what_nobody_took(void) {
  size_t live = net_live_handles();
  net_queue *queue = net_queue_new();
  for (int i = 0; i < 3; i++) {
    CHECK(net_echo_box_open_with(net_str("lost"), NULL, net_queue_done, queue) != 0);
  }
  net_event event;
  net_handle taken = 0;
  CHECK(net_queue_next(queue, -1, &event));
  CHECK(net_echo_box_open_result(net_bytes_view(&event.payload), &taken));
  net_event_free(&event);
  CHECK(net_queue_next(queue, -1, NULL) && is_readable(queue, -1));
  CHECK(net_live_handles() == live + 2);
  net_queue_free(queue);
  CHECK(net_live_handles() == live + 1);
  CHECK(net_handle_free(taken));
}

#define THREADS 4
#define ROUNDS 2000

typedef struct worker {
  net_queue *queue;
  net_handle box;
} worker;

static void *submit(void *ctx) {
  const worker *own = (const worker *)ctx;
  for (int i = 0; i < ROUNDS; i++) {
    net_echo_box_read(own->box, net_queue_done, own->queue);
  }
  return NULL;
}

static void threads_share_a_queue(void) {
  worker shared = {net_queue_new(), test_box("t")};
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    CHECK(pthread_create(&threads[i], NULL, submit, &shared) == 0);
  }
  int heard = 0;
  while (heard < THREADS * ROUNDS) {
    net_bytes pack;
    CHECK(is_readable(shared.queue, -1));
    heard += (int)net_queue_drain(shared.queue, 256, &pack);
    net_bytes_free(&pack);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  net_bytes pack;
  CHECK(heard == THREADS * ROUNDS && net_queue_drain(shared.queue, 8, &pack) == 0);
  net_queue_free(shared.queue);
  net_handle_free(shared.box);
}

// The library's eventfd is this one, which a test makes fail on its own thread: a queue then has a
// pipe.
static __thread bool refuses_eventfd;

int eventfd(unsigned int count, int flags) {
  if (refuses_eventfd) {
    errno = ENOSYS;
    return -1;
  }
  return (int)syscall(SYS_eventfd2, count, flags);
}

static void a_queue_has_a_pipe_where_the_system_has_no_eventfd(void) {
  static void (*const same[])(void) = {
      a_queue_hears_of_ends_in_order,
      waiting_ends_with_the_event,
      a_drained_queue_gives_one_pack,
      a_freed_queue_forgets_its_operations,
      a_freed_queue_releases_what_nobody_took,
      threads_share_a_queue,
  };
  // The runtime makes an eventfd of its own with the first operation.
  a_callback_hears_the_result_once();
  refuses_eventfd = true;
  struct stat kind;
  net_queue *queue = net_queue_new();
  int found = fstat(net_queue_fd(queue), &kind);
  net_queue_free(queue);
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
    same[i]();
  }
  refuses_eventfd = false;
  CHECK(found == 0 && S_ISFIFO(kind.st_mode));
}

const test async_tests[] = {
    {"async: a callback hears the result once", a_callback_hears_the_result_once},
    {"async: a callback hears the error", a_callback_hears_the_error},
    {"async: bad arguments are heard the same way", bad_arguments_are_heard_the_same_way},
    {"async: constructors complete later", constructors_complete_later},
    {"async: without anybody to tell nothing starts", without_anybody_to_tell_nothing_starts},
    {"async: a queue hears of ends in order", a_queue_hears_of_ends_in_order},
    {"async: waiting ends with the event", waiting_ends_with_the_event},
    {"async: a waited result reads like a call", a_waited_result_reads_like_a_call},
    {"async: a wait gives what the call gives", a_wait_gives_what_the_call_gives},
    {"async: a wait keeps nothing that is not wanted", a_wait_keeps_nothing_that_is_not_wanted},
    {"async: a drained queue gives one pack", a_drained_queue_gives_one_pack},
    {"async: an operation is cancelled once", an_operation_is_cancelled_once},
    {"async: a cancelled operation is heard on the queue",
     a_cancelled_operation_is_heard_on_the_queue},
    {"async: a freed queue forgets its operations", a_freed_queue_forgets_its_operations},
    {"async: a freed queue releases what nobody took", a_freed_queue_releases_what_nobody_took},
    {"async: threads share a queue", threads_share_a_queue},
    {"async: a queue has a pipe where the system has no eventfd",
     a_queue_has_a_pipe_where_the_system_has_no_eventfd},
    {NULL, NULL},
};
