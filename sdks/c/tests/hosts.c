// Objects of the program: tables of functions, replies, queues.

#include <pthread.h>
#include <stdio.h>

#include "test.h"

// What the functions of a host object saw.
typedef struct seen {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int calls;
  int cancelled;
  int dropped;
  int erased;
  uint64_t reply;
  char kept[64];
} seen;

static seen *seen_new(void) {
  seen *made = (seen *)calloc(1, sizeof *made);
  pthread_mutex_init(&made->lock, NULL);
  pthread_cond_init(&made->changed, NULL);
  return made;
}

static void count(seen *seen, int *counter) {
  pthread_mutex_lock(&seen->lock);
  ++*counter;
  pthread_cond_broadcast(&seen->changed);
  pthread_mutex_unlock(&seen->lock);
}

static void wait_for(seen *seen, const int *counter, int least) {
  pthread_mutex_lock(&seen->lock);
  while (*counter < least) {
    pthread_cond_wait(&seen->changed, &seen->lock);
  }
  pthread_mutex_unlock(&seen->lock);
}

// Waits until the library has let the object go, and tells whether it did so once.
static bool seen_free(seen *seen) {
  wait_for(seen, &seen->dropped, 1);
  bool once = seen->dropped == 1;
  pthread_mutex_destroy(&seen->lock);
  pthread_cond_destroy(&seen->changed);
  free(seen);
  return once;
}

static void on_drop(void *ctx) {
  seen *own = (seen *)ctx;
  count(own, &own->dropped);
}

static void on_cancel(void *ctx, uint64_t reply) {
  seen *own = (seen *)ctx;
  if (own->reply == reply) {
    count(own, &own->cancelled);
  }
}

static void twice(void *ctx, uint64_t reply, int64_t value) {
  seen *own = (seen *)ctx;
  count(own, &own->calls);
  net_echo_mapper_map_reply(reply, value * 2);
}

static void refuse(void *ctx, uint64_t reply, int64_t value) {
  (void)ctx;
  (void)value;
  net_reply_error(reply, NET_FAMILY_BASE, NET_BASE_HOST_THREW, net_str("no thanks"), net_none());
}

static net_code map(const net_echo_mapper *mapper, outcome *told) {
  static const int64_t numbers[] = {1, -2, 3};
  net_map_numbers_with(numbers, 3, mapper, test_done, told);
  return outcome_wait(told);
}

static void a_function_maps_numbers(void) {
  seen *own = seen_new();
  outcome *told = outcome_new();
  net_echo_mapper mapper = {own, twice, NULL, on_drop};
  net_i64_list list;
  CHECK(map(&mapper, told) == 0);
  CHECK(net_map_numbers_result(outcome_result(told), &list));
  CHECK(list.len == 3 && list.items[1] == -4 && own->calls == 3);
  net_i64_list_free(&list);
  outcome_free(told);
  CHECK(seen_free(own));
}

static void what_a_function_throws_reaches_the_caller(void) {
  seen *own = seen_new();
  outcome *told = outcome_new();
  net_echo_mapper mapper = {own, refuse, NULL, on_drop};
  CHECK(map(&mapper, told) == NET_CODE(NET_FAMILY_BASE, NET_BASE_HOST_THREW));
  CHECK(outcome_says(told, "host_threw: no thanks"));
  outcome_free(told);
  CHECK(seen_free(own));
}

static void throw_too_large(void *ctx, uint64_t reply, int64_t value) {
  net_echo_too_large_fields fields = {(uint64_t)value, true, 2};
  net_writer w = net_writer_new();
  (void)ctx;
  net_echo_too_large_fields_pack(&w, &fields);
  net_reply_error(reply, NET_FAMILY_ECHO, NET_ECHO_TOO_LARGE, net_none(), net_writer_view(&w));
  net_writer_free(&w);
}

static void thrown_errors_keep_their_fields(void) {
  seen *own = seen_new();
  outcome *told = outcome_new();
  net_echo_mapper mapper = {own, throw_too_large, NULL, on_drop};
  CHECK(map(&mapper, told) == NET_CODE(NET_FAMILY_ECHO, NET_ECHO_TOO_LARGE));
  CHECK(outcome_says(told, "echo: too-large: 1 bytes, the limit is 2"));
  outcome_free(told);
  CHECK(seen_free(own));
}

static void throw_nonsense(void *ctx, uint64_t reply, int64_t value) {
  (void)ctx;
  (void)value;
  net_reply_error(reply, 77, 77, net_str("what"), net_none());
}

static void an_error_of_no_kind_is_internal(void) {
  seen *own = seen_new();
  outcome *told = outcome_new();
  net_echo_mapper mapper = {own, throw_nonsense, NULL, on_drop};
  CHECK(map(&mapper, told) == NET_CODE(NET_FAMILY_BASE, NET_BASE_INTERNAL));
  outcome_free(told);
  CHECK(seen_free(own));
}

static void answer_garbage(void *ctx, uint64_t reply, int64_t value) {
  (void)ctx;
  (void)value;
  net_reply(reply, net_str("this is no number"));
}

static void an_answer_of_another_type_is_refused(void) {
  seen *own = seen_new();
  outcome *told = outcome_new();
  net_echo_mapper mapper = {own, answer_garbage, NULL, on_drop};
  CHECK(map(&mapper, told) == NET_CODE(NET_FAMILY_BASE, NET_BASE_CODEC_DECODE));
  outcome_free(told);
  CHECK(seen_free(own));
}

static void keep_reply(void *ctx, uint64_t reply, const net_label *request, net_view data) {
  seen *own = (seen *)ctx;
  (void)data;
  own->reply = reply;
  snprintf(own->kept,
           sizeof own->kept,
           "%s.%s",
           (const char *)request->text.data,
           net_color_text(request->color));
  count(own, &own->calls);
}

static uint64_t ask(const net_echo_handler *handler, outcome *told) {
  net_label request = net_label_init();
  request.text = net_str("ping");
  request.color = NET_COLOR_BLUE;
  return net_ask_with(handler, &request, net_str("body"), 1, test_done, told);
}

static void an_answer_may_come_later_from_any_thread(void) {
  seen *own = seen_new();
  outcome *told = outcome_new();
  net_echo_handler handler = {own, keep_reply, on_cancel, on_drop};
  net_view answer;
  CHECK(ask(&handler, told) != 0);
  wait_for(own, &own->calls, 1);
  CHECK(strcmp(own->kept, "ping.blue") == 0 && outcome_count(told) == 0);
  CHECK(net_echo_handler_handle_reply(own->reply, net_str("pong")) == 0);
  CHECK(outcome_wait(told) == 0);
  CHECK(net_ask_result(outcome_result(told), &answer) && test_is(answer, "pong"));
  // The second answer finds nobody.
  net_code again = net_echo_handler_handle_reply(own->reply, net_str("pong"));
  CHECK(again == NET_CODE(NET_FAMILY_BASE, NET_BASE_HANDLE));
  CHECK(own->cancelled == 0);
  outcome_free(told);
  CHECK(seen_free(own));
}

static void cancelling_reaches_the_host(void) {
  seen *own = seen_new();
  outcome *told = outcome_new();
  net_echo_handler handler = {own, keep_reply, on_cancel, on_drop};
  uint64_t op = ask(&handler, told);
  wait_for(own, &own->calls, 1);
  CHECK(net_op_cancel(op));
  CHECK(outcome_wait(told) == NET_CODE(NET_FAMILY_BASE, NET_BASE_CANCELLED));
  wait_for(own, &own->cancelled, 1);
  CHECK(net_reply(own->reply, net_none()) == NET_CODE(NET_FAMILY_BASE, NET_BASE_HANDLE));
  outcome_free(told);
  CHECK(seen_free(own));
}

static void store_put(void *ctx, uint64_t reply, net_view key, net_view value) {
  seen *own = (seen *)ctx;
  snprintf(own->kept,
           sizeof own->kept,
           "%.*s=%.*s",
           (int)key.len,
           (const char *)key.data,
           (int)value.len,
           (const char *)value.data);
  count(own, &own->calls);
  net_echo_store_put_reply(reply);
}

static void store_get(void *ctx, uint64_t reply, net_view key) {
  seen *own = (seen *)ctx;
  net_view value = net_str(strchr(own->kept, '=') + 1);
  (void)key;
  net_echo_store_get_reply(reply, value);
}

static void store_lose(void *ctx, uint64_t reply, net_view key) {
  (void)ctx;
  (void)key;
  net_echo_store_get_reply(reply, net_none());
}

static void store_erase(void *ctx, uint64_t reply, net_view key) {
  seen *own = (seen *)ctx;
  (void)key;
  count(own, &own->erased);
  net_echo_store_erase_reply(reply, true);
}

static net_code save(const net_echo_store *store, outcome *told) {
  net_handle box = test_box("text");
  net_echo_box_save_with(box, store, net_str("key"), test_done, told);
  net_code code = outcome_wait(told);
  net_handle_free(box);
  return code;
}

static void a_store_has_methods_and_a_name(void) {
  seen *own = seen_new();
  outcome *told = outcome_new();
  net_echo_store store;
  memset(&store, 0, sizeof store);
  store.ctx = own;
  store.put = store_put;
  store.get = store_get;
  store.erase = store_erase;
  store.drop = on_drop;
  CHECK(save(&store, told) == 0);
  CHECK(strcmp(own->kept, "key=text") == 0 && own->erased == 1);
  outcome_free(told);
  CHECK(seen_free(own));
}

static void an_optional_method_may_be_missing(void) {
  seen *own = seen_new();
  outcome *told = outcome_new();
  net_echo_store store;
  memset(&store, 0, sizeof store);
  store.ctx = own;
  store.put = store_put;
  store.get = store_get;
  store.drop = on_drop;
  CHECK(save(&store, told) == 0 && own->erased == 0);
  outcome_free(told);
  CHECK(seen_free(own));
}

static void properties_are_read(void) {
  seen *own = seen_new();
  outcome *told = outcome_new();
  net_echo_store store;
  memset(&store, 0, sizeof store);
  store.ctx = own;
  store.put = store_put;
  store.get = store_lose;
  store.drop = on_drop;
  store.name = net_str("shelf");
  CHECK(save(&store, told) == NET_CODE(NET_FAMILY_ECHO, NET_ECHO_ODD));
  CHECK(outcome_says(told, "echo: odd text: shelf gave back another value for `key`"));
  outcome_free(told);
  CHECK(seen_free(own));
}

static void a_host_is_released_even_if_the_call_fails(void) {
  seen *own = seen_new();
  outcome *told = outcome_new();
  net_echo_handler handler = {own, keep_reply, on_cancel, on_drop};
  net_ask_with(&handler, NULL, net_str(""), 1, test_done, told);
  CHECK(outcome_wait(told) == NET_CODE(NET_FAMILY_BASE, NET_BASE_ARGUMENT));
  CHECK(outcome_says(told, "argument: request: is NULL"));
  outcome_free(told);
  CHECK(seen_free(own));
}

static void a_missing_host_is_refused(void) {
  outcome *told = outcome_new();
  net_label request = net_label_init();
  request.text = net_str("");
  net_ask_with(NULL, &request, net_str(""), 1, test_done, told);
  CHECK(outcome_wait(told) != 0 && outcome_says(told, "argument: handler: is NULL"));
  outcome_free(told);
}

static void calls_may_arrive_on_a_queue(void) {
  net_queue *queue = net_queue_new();
  seen *own = seen_new();
  net_echo_mapper mapper = {own, twice, NULL, NULL};
  static const int64_t numbers[] = {5, 6};
  net_i64_list values = net_i64_list_of(numbers, 2);
  net_host host = net_queue_host(queue, 42, 0, net_none());
  net_writer w = net_writer_new();
  net_i64_list_pack(&w, &values);
  uint64_t op = net_map_numbers(net_writer_view(&w), &host, net_queue_done, queue);
  net_writer_free(&w);
  bool released = false;
  bool ended = false;
  while (!(released && ended)) {
    net_event event;
    CHECK(net_queue_next(queue, -1, &event));
    if (event.type == NET_EVENT_REQUEST) {
      CHECK(event.instance == 42 && event.method == 0);
      net_view args = net_bytes_view(&event.payload);
      net_echo_mapper_dispatch(&mapper, event.method, event.reply, args);
    } else if (event.type == NET_EVENT_RELEASED) {
      CHECK(event.instance == 42);
      released = true;
    } else {
      net_i64_list list;
      CHECK(event.type == NET_EVENT_COMPLETED && event.op == op && event.error.kind == 0);
      CHECK(net_map_numbers_result(net_bytes_view(&event.payload), &list));
      CHECK(list.len == 2 && list.items[1] == 12);
      net_i64_list_free(&list);
      ended = true;
    }
    net_event_free(&event);
  }
  CHECK(own->calls == 2);
  on_drop(own);
  CHECK(seen_free(own));
  net_queue_free(queue);
}

static void an_abandoned_call_is_heard_on_the_queue(void) {
  net_queue *queue = net_queue_new();
  net_label request = net_label_init();
  net_host host = net_queue_host(queue, 7, 0, net_none());
  net_writer w = net_writer_new();
  net_event event;
  net_label_pack(&w, &request);
  uint64_t op = net_ask(&host, net_writer_view(&w), net_str(""), 1, net_queue_done, queue);
  net_writer_free(&w);
  CHECK(net_queue_next(queue, -1, &event) && event.type == NET_EVENT_REQUEST);
  uint64_t reply = event.reply;
  net_event_free(&event);
  CHECK(net_op_cancel(op));
  bool abandoned = false;
  bool ended = false;
  bool released = false;
  while (!(abandoned && ended && released)) {
    CHECK(net_queue_next(queue, -1, &event));
    abandoned = abandoned || (event.type == NET_EVENT_ABANDONED && event.reply == reply);
    released = released || (event.type == NET_EVENT_RELEASED && event.instance == 7);
    ended = ended || (event.type == NET_EVENT_COMPLETED && event.op == op);
    net_event_free(&event);
  }
  net_queue_free(queue);
}

static void an_object_of_a_queue_may_go_unused(void) {
  net_queue *queue = net_queue_new();
  net_host host = net_queue_host(queue, 3, 0, net_none());
  net_event event;
  host.drop(host.ctx);
  CHECK(net_queue_next(queue, 0, &event) && event.type == NET_EVENT_RELEASED);
  CHECK(event.instance == 3);
  net_event_free(&event);
  net_queue_free(queue);
}

static void a_host_that_lacks_a_function_is_refused(void) {
  seen *own = seen_new();
  outcome *told = outcome_new();
  net_echo_mapper mapper = {own, NULL, NULL, on_drop};
  static const int64_t numbers[] = {1};
  net_map_numbers_with(numbers, 1, &mapper, test_done, told);
  CHECK(outcome_wait(told) == NET_CODE(NET_FAMILY_BASE, NET_BASE_ARGUMENT));
  CHECK(outcome_says(told, "argument: mapper: lacks a function"));
  outcome_free(told);
  CHECK(seen_free(own));
}

static void a_freed_queue_answers_the_calls_on_it(void) {
  net_queue *queue = net_queue_new();
  size_t live = net_live_handles();
  outcome *told[2] = {outcome_new(), outcome_new()};
  net_label request = net_label_init();
  net_writer w = net_writer_new();
  net_event event;
  net_label_pack(&w, &request);
  for (int i = 0; i < 2; i++) {
    net_host host = net_queue_host(queue, 1, 0, net_none());
    net_ask(&host, net_writer_view(&w), net_str(""), 1, test_done, told[i]);
  }
  net_writer_free(&w);
  // One call is taken and never answered; the other may still be on the queue.
  CHECK(net_queue_next(queue, -1, &event) && event.type == NET_EVENT_REQUEST);
  net_queue_free(queue);
  for (int i = 0; i < 2; i++) {
    CHECK(outcome_wait(told[i]) == NET_CODE(NET_FAMILY_BASE, NET_BASE_INTERNAL));
    CHECK(outcome_says(told[i], "internal: handler dropped"));
    outcome_free(told[i]);
  }
  CHECK(net_echo_handler_handle_reply(event.reply, net_str("late")) ==
        NET_CODE(NET_FAMILY_BASE, NET_BASE_HANDLE));
  net_event_free(&event);
  CHECK(net_live_handles() == live);
}

const test hosts_tests[] = {
    {"hosts: a function maps numbers", a_function_maps_numbers},
    {"hosts: what a function throws reaches the caller", what_a_function_throws_reaches_the_caller},
    {"hosts: thrown errors keep their fields", thrown_errors_keep_their_fields},
    {"hosts: an error of no kind is internal", an_error_of_no_kind_is_internal},
    {"hosts: an answer of another type is refused", an_answer_of_another_type_is_refused},
    {"hosts: an answer may come later from any thread", an_answer_may_come_later_from_any_thread},
    {"hosts: cancelling reaches the host", cancelling_reaches_the_host},
    {"hosts: a store has methods and a name", a_store_has_methods_and_a_name},
    {"hosts: an optional method may be missing", an_optional_method_may_be_missing},
    {"hosts: properties are read", properties_are_read},
    {"hosts: a host is released even if the call fails", a_host_is_released_even_if_the_call_fails},
    {"hosts: a missing host is refused", a_missing_host_is_refused},
    {"hosts: calls may arrive on a queue", calls_may_arrive_on_a_queue},
    {"hosts: an abandoned call is heard on the queue", an_abandoned_call_is_heard_on_the_queue},
    {"hosts: an object of a queue may go unused", an_object_of_a_queue_may_go_unused},
    {"hosts: a host that lacks a function is refused", a_host_that_lacks_a_function_is_refused},
    {"hosts: a freed queue answers the calls on it", a_freed_queue_answers_the_calls_on_it},
    {NULL, NULL},
};
