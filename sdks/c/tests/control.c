// Settings of the library, each in a process of its own, and what the library tells of itself.

#include <dirent.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

static void the_library_tells_what_it_is(void) {
  net_library_info info;
  net_bytes version;
  CHECK(net_build_info_with(&info, NULL) == 0);
  CHECK(net_version(&version, NULL) == 0);
  bool is_same = net_view_equal(net_bytes_view(&version), info.version);
  net_bytes_free(&version);
  bool is_whole = info.version.len > 0 && info.target.len > 0 && test_is(info.spec_hash, net_spec_hash());
  net_library_info_free(&info);
  CHECK(is_same && is_whole);
}

// What a library says to a program of another version.
static void misfits(uint32_t major, uint32_t minor) {
  const net_code code = NET_CODE(NET_FAMILY_BASE, NET_BASE_MISMATCH);
  char expected[200];
  net_error error;
  snprintf(expected, sizeof expected, "mismatch: built for C ABI %" PRIu32 ".%" PRIu32 ", library has %d.%d",
           major, minor, NET_ABI_MAJOR, NET_ABI_MINOR);
  CHECK(net_abi_check(major, minor, NULL) == code && net_abi_check(major, minor, &error) == code);
  CHECK(test_says(&error, expected));
}

static void a_program_fits_its_major_version_up_to_its_minor(void) {
  net_error error;
  CHECK(net_abi_check(NET_ABI_MAJOR, NET_ABI_MINOR, &error) == 0 && error.message.data == NULL);
  CHECK(net_abi_check(NET_ABI_MAJOR, 0, NULL) == 0);
  misfits(NET_ABI_MAJOR, NET_ABI_MINOR + 1);
  misfits(NET_ABI_MAJOR + 1, 0);
  misfits(NET_ABI_MAJOR - 1, 0);
  misfits(UINT32_MAX, UINT32_MAX);
}

// The threads of this process besides its first.
static int runtime_threads(void) {
  int count = -1;
  DIR *tasks = opendir("/proc/self/task");
  const struct dirent *task;
  while (tasks != NULL && (task = readdir(tasks)) != NULL) {
    count += task->d_name[0] != '.';
  }
  closedir(tasks);
  return count;
}

// Waits until a descriptor is readable.
static bool becomes_readable(int fd) {
  struct pollfd polled = {fd, POLLIN, 0};
  return poll(&polled, 1, 60000) == 1;
}

// Completes operations on a queue that has, or has not, a descriptor.
static void operations_complete(bool polled) {
  net_queue *queue = net_queue_new();
  int fd = net_queue_fd(queue);
  CHECK((fd >= 0) == polled && !net_queue_wait(queue, 0));
  net_handle box = test_box("kept");
  for (int i = 0; i < 100; i++) {
    CHECK(net_echo_box_read(box, net_queue_done, queue) != 0);
    CHECK(!polled || becomes_readable(fd));
    CHECK(net_queue_wait(queue, -1) && net_queue_wait(queue, 0));
    net_event event;
    CHECK(net_queue_next(queue, 0, &event) && event.type == NET_EVENT_COMPLETED);
    net_event_free(&event);
  }
  net_handle_free(box);
  net_queue_free(queue);
}

static void child_polls(void) { operations_complete(true); }

static void child_has_nothing_to_poll(void) { operations_complete(false); }

static void a_queue_works_with_each_kind_of_descriptor(void) {
  CHECK(test_in_child("polls", NULL, NULL, 0));
  CHECK(test_in_child("polls", "NET_TEST_DESCRIPTOR=pipe", NULL, 0));
  CHECK(test_in_child("has_nothing_to_poll", "NET_TEST_DESCRIPTOR=none", NULL, 0));
}

// The first operation starts the threads; this is its code.
static net_code start_runtime(net_error *error) {
  net_queue *queue = net_queue_new();
  net_handle box = test_box("start");
  net_code code = net_wait(queue, net_echo_box_read(box, net_queue_done, queue), NULL, error);
  net_handle_free(box);
  net_queue_free(queue);
  return code;
}

static void child_sets_threads(void) {
  net_error error;
  CHECK(net_set_runtime_threads(0, &error) == NET_CODE(NET_FAMILY_BASE, NET_BASE_ARGUMENT));
  CHECK(test_says(&error, "argument: threads: 0 is not from 1 to 1024"));
  CHECK(net_set_runtime_threads(UINT32_MAX, NULL) != 0);
  CHECK(net_set_runtime_threads(1, NULL) == 0 && net_set_runtime_threads(3, NULL) == 0);
  CHECK(runtime_threads() == 0);
  CHECK(start_runtime(NULL) == 0 && runtime_threads() == 3);
  CHECK(net_set_runtime_threads(2, &error) != 0);
  CHECK(test_says(&error, "argument: threads: the runtime is running already"));
}

static void child_finds_two_threads(void) {
  CHECK(start_runtime(NULL) == 0 && runtime_threads() == 2);
}

static void child_refuses_its_variable(void) {
  net_error error;
  CHECK(start_runtime(&error) == NET_CODE(NET_FAMILY_BASE, NET_BASE_ARGUMENT));
  CHECK(test_says(&error,
                  "argument: NET_RUNTIME_THREADS: \"many\" is not a number from 1 to 1024"));
}

static void a_call_sets_the_number_of_threads(void) {
  CHECK(test_in_child("sets_threads", NULL, NULL, 0));
}

static void the_environment_sets_the_number_of_threads(void) {
  CHECK(test_in_child("finds_two_threads", "NET_RUNTIME_THREADS=2", NULL, 0));
}

static void a_number_of_threads_that_is_none_is_told(void) {
  CHECK(test_in_child("refuses_its_variable", "NET_RUNTIME_THREADS=many", NULL, 0));
}

static const char panicked[] = "error net_support::guard: panic at ";

// What a process does on a signal.
typedef struct reaction {
  void (*handler)(int);
  int flags;
} reaction;

static reaction reaction_to(int number) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  // The C library keeps some signals for itself, and says nothing of them.
  (void)sigaction(number, NULL, &action);
  reaction found = {action.sa_handler, action.sa_flags};
  return found;
}

static void child_leaves_signals_alone(void) {
  reaction before[NSIG];
  for (int number = 1; number < NSIG; number++) before[number] = reaction_to(number);
  CHECK(before[SIGPIPE].handler == SIG_DFL);
  CHECK(start_runtime(NULL) == 0);
  net_queue *queue = net_queue_new();
  net_handle node = 0;
  CHECK(net_net_node_create_wait(queue, NULL, &node, NULL) == 0);
  CHECK(net_net_node_emit_raw(node, net_str("1"), net_none(), NULL, NULL) == 0);
  CHECK(net_net_node_shutdown_wait(queue, node, NULL, NULL) == 0);
  CHECK(net_handle_free(node));
  net_queue_free(queue);
  for (int number = 1; number < NSIG; number++) {
    reaction after = reaction_to(number);
    CHECK(after.handler == before[number].handler && after.flags == before[number].flags);
  }
}

static void the_library_leaves_signals_alone(void) {
  CHECK(test_in_child("leaves_signals_alone", NULL, NULL, 0));
}

static void child_panics(void) {
  CHECK(net_panic_now(NULL) != 0);
}

static void the_environment_opens_the_log(void) {
  char errors[8192];
  CHECK(test_in_child("panics", "NET_LOG=net_support=error", errors, sizeof errors));
  CHECK(strstr(errors, panicked) != NULL);
}

static void the_library_is_silent_by_default(void) {
  char errors[8192];
  CHECK(test_in_child("panics", NULL, errors, sizeof errors));
  CHECK(strstr(errors, panicked) == NULL);
}

static void a_filter_that_is_none_is_told(void) {
  char errors[8192];
  CHECK(test_in_child("panics", "NET_LOG==x=", errors, sizeof errors));
  CHECK(strncmp(errors, "NET_LOG: argument: filter: ", 27) == 0);
}

// What a logger heard, and that it was let go.
typedef struct heard {
  outcome *record;
  outcome *dropped;
  net_log_level level;
  bool has_time;
} heard;

static void keep(void *ctx, uint64_t reply, const net_log_record *record) {
  heard *own = (heard *)ctx;
  own->level = record->level;
  own->has_time = record->at > 0 && test_is(record->target, "net_support::guard");
  net_log_sink_write_reply(reply);
  test_done(own->record, 0, NULL, record->message);
}

static void let_go(void *ctx) {
  test_done(((heard *)ctx)->dropped, 0, NULL, net_str(""));
}

static void child_hears_the_log(void) {
  heard own = {outcome_new(), outcome_new(), 0, false};
  net_log_sink logger = {&own, keep, NULL, let_go};
  net_error error;
  CHECK(net_set_logger_with(NULL, net_none(), &error) != 0);
  CHECK(test_says(&error, "argument: logger: is NULL"));
  CHECK(net_set_logger_with(&logger, net_str("=x="), &error) != 0);
  CHECK(strncmp((const char *)error.message.data, "argument: filter: ", 18) == 0);
  net_error_free(&error);
  outcome_wait(own.dropped);
  outcome_free(own.dropped);
  own.dropped = outcome_new();
  CHECK(net_set_logger_with(&logger, net_none(), NULL) == 0);
  CHECK(net_panic_now(NULL) != 0);
  outcome_wait(own.record);
  CHECK(strstr((const char *)outcome_result(own.record).data, "asked to panic") != NULL);
  CHECK(own.level == NET_LOG_LEVEL_ERROR && own.has_time);
  CHECK(net_clear_logger(NULL) == 0);
  outcome_wait(own.dropped);
  CHECK(net_panic_now(NULL) != 0);
  CHECK(outcome_count(own.record) == 1 && outcome_count(own.dropped) == 1);
  outcome_free(own.record);
  outcome_free(own.dropped);
}

static void a_function_of_the_program_takes_the_log(void) {
  CHECK(test_in_child("hears_the_log", NULL, NULL, 0));
}

static void a_function_of_the_program_takes_the_place_of_the_environment(void) {
  char errors[8192];
  CHECK(test_in_child("hears_the_log", "NET_LOG=info", errors, sizeof errors));
  CHECK(strstr(errors, panicked) == NULL);
}

const test control_tests[] = {
    {"control: the library tells what it is", the_library_tells_what_it_is},
    {"control: a program fits its major version up to its minor",
     a_program_fits_its_major_version_up_to_its_minor},
    {"control: a queue works with each kind of descriptor", a_queue_works_with_each_kind_of_descriptor},
    {"control: a call sets the number of threads", a_call_sets_the_number_of_threads},
    {"control: the environment sets the number of threads",
     the_environment_sets_the_number_of_threads},
    {"control: a number of threads that is none is told", a_number_of_threads_that_is_none_is_told},
    {"control: the library leaves signals alone", the_library_leaves_signals_alone},
    {"control: the environment opens the log", the_environment_opens_the_log},
    {"control: the library is silent by default", the_library_is_silent_by_default},
    {"control: a filter that is none is told", a_filter_that_is_none_is_told},
    {"control: a function of the program takes the log", a_function_of_the_program_takes_the_log},
    {"control: a function of the program takes the place of the environment",
     a_function_of_the_program_takes_the_place_of_the_environment},
    {NULL, NULL},
};

const test control_children[] = {
    {"sets_threads", child_sets_threads},
    {"finds_two_threads", child_finds_two_threads},
    {"refuses_its_variable", child_refuses_its_variable},
    {"leaves_signals_alone", child_leaves_signals_alone},
    {"panics", child_panics},
    {"hears_the_log", child_hears_the_log},
    {"polls", child_polls},
    {"has_nothing_to_poll", child_has_nothing_to_poll},
    {NULL, NULL},
};
