// Objects behind handles.

#include <pthread.h>

#include "test.h"

#define CLOSED NET_CODE(NET_FAMILY_BASE, NET_BASE_HANDLE)

static void an_object_has_methods_and_properties(void) {
  net_handle box = test_box("abc");
  net_bytes text;
  uint64_t serial = 0;
  uint32_t length = 0;
  bool pushed = false;
  CHECK(box != 0);
  CHECK(net_echo_box_push(box, net_str("de"), &pushed, NULL) == 0 && pushed);
  CHECK(net_echo_box_push(box, net_view_of("\377", 1), &pushed, NULL) == 0 && !pushed);
  CHECK(net_echo_box_length(box, &length, NULL) == 0 && length == 5);
  CHECK(net_echo_box_text(box, &text, NULL) == 0 && test_gave(&text, "abcde"));
  CHECK(net_echo_box_set(box, net_str("new"), NULL) == 0);
  CHECK(net_echo_box_text(box, &text, NULL) == 0 && test_gave(&text, "new"));
  CHECK(net_echo_box_serial(box, &serial, NULL) == 0 && serial > 0);
  CHECK(net_handle_free(box));
}

static void a_constructor_takes_defaults(void) {
  net_handle box = 0;
  net_bytes text;
  CHECK(net_echo_box_new(net_none(), &box, NULL) == 0);
  CHECK(net_echo_box_text(box, &text, NULL) == 0 && test_gave(&text, "empty"));
  net_handle_free(box);
}

static void objects_are_arguments_and_results(void) {
  net_handle boxes[2] = {test_box("ab"), test_box("cd")};
  net_handle pair = 0;
  net_handle found = 0;
  net_handle merged = 0;
  net_bytes text;
  bool is_found = false;
  CHECK(net_echo_box_pair(boxes[0], boxes[1], &pair, NULL) == 0);
  CHECK(net_echo_box_text(pair, &text, NULL) == 0 && test_gave(&text, "abcd"));
  CHECK(net_echo_box_find(pair, net_str("bc"), &is_found, &found, NULL) == 0 && is_found);
  CHECK(net_echo_box_text(found, &text, NULL) == 0 && test_gave(&text, "bc"));
  net_handle_free(found);
  CHECK(net_echo_box_find(pair, net_str("no"), &is_found, &found, NULL) == 0);
  CHECK(!is_found && found == 0);
  CHECK(net_echo_box_merged_with(boxes, 2, &merged, NULL) == 0);
  CHECK(net_echo_box_text(merged, &text, NULL) == 0 && test_gave(&text, "abcd"));
  CHECK(net_handle_free(pair) && net_handle_free(merged));
  CHECK(net_handle_free(boxes[0]) && net_handle_free(boxes[1]));
}

static void objects_are_made_of_bytes_and_numbers(void) {
  net_queue *queue = net_queue_new();
  net_handle box = 0;
  net_bytes text;
  CHECK(net_echo_box_of_bytes(net_str("data"), &box, NULL) == 0);
  CHECK(net_echo_box_text(box, &text, NULL) == 0 && test_gave(&text, "data"));
  CHECK(net_handle_free(box));
  CHECK(net_echo_box_of_bytes(net_view_of("\377", 1), &box, NULL) == NET_CODE(NET_FAMILY_ECHO, NET_ECHO_ODD));
  CHECK(box == 0 && net_echo_box_of_number_wait(queue, 42, &box, NULL) == 0);
  CHECK(net_echo_box_text(box, &text, NULL) == 0 && test_gave(&text, "42"));
  CHECK(net_handle_free(box));
  net_queue_free(queue);
}

static void kit_handles_free(const net_echo_kit *kit) {
  net_handle_free(kit->first);
  net_handle_free(kit->spare);
  for (size_t i = 0; i < kit->more.len; i++) {
    net_handle_free(kit->more.items[i]);
  }
}

static void objects_and_streams_stand_in_records(void) {
  net_queue *queue = net_queue_new();
  size_t live = net_live_handles();
  net_handle boxes[] = {test_box("a"), test_box("b")};
  net_echo_kit kit = net_echo_kit_init();
  net_echo_kit back;
  net_echo_watch watch;
  net_u32_list numbers;
  net_bytes text;
  bool found = false;
  kit.label.text = net_str("kit");
  kit.first = boxes[0];
  kit.more = net_handle_list_of(boxes, 2);
  CHECK(net_echo_kit_of_with(&kit, &back, NULL) == 0 && !back.has_spare && back.more.len == 2);
  CHECK(net_kit_text_with(&back, &text, NULL) == 0 && test_gave(&text, "kit a a b"));
  CHECK(net_echo_box_set(boxes[0], net_str("new"), NULL) == 0);
  CHECK(net_echo_box_text(back.first, &text, NULL) == 0 && test_gave(&text, "new"));
  CHECK(net_echo_box_watch_wait(queue, boxes[1], 3, &watch, NULL) == 0 && watch.pause_ms == 250);
  uint64_t op = net_stream_next(watch.numbers, 5, net_queue_done, queue);
  CHECK(net_wait(queue, op, &text, NULL) == 0);
  CHECK(net_u32_list_unpack(net_bytes_view(&text), &numbers) && numbers.len == 3);
  net_u32_list_free(&numbers);
  net_bytes_free(&text);
  CHECK(net_kit_text_later_wait(queue, &kit, &back, &text, NULL) == 0);
  CHECK(test_gave(&text, "kit new new b kit new new b"));
  kit_handles_free(&back);
  net_echo_kit_free(&back);
  CHECK(net_echo_box_boxed_with(boxes[0], &kit.label, &found, &back, NULL) == 0 && found);
  CHECK(net_echo_box_text(back.first, &text, NULL) == 0 && test_gave(&text, "new"));
  kit_handles_free(&back);
  net_echo_kit_free(&back);
  kit.label.text = net_str("");
  CHECK(net_echo_box_boxed_with(boxes[0], &kit.label, &found, &back, NULL) == 0 && !found);
  kit_handles_free(&watch.kit);
  net_handle_free(watch.numbers);
  net_echo_watch_free(&watch);
  CHECK(net_handle_free(boxes[0]) && net_handle_free(boxes[1]) && net_live_handles() == live);
  net_queue_free(queue);
}

static void a_call_that_blocks(void) {
  net_handle gate = 0;
  bool passed = true;
  CHECK(net_echo_gate_new(&gate, NULL) == 0);
  CHECK(net_echo_gate_enter(gate, 1, &passed, NULL) == 0 && !passed);
  CHECK(net_echo_gate_open(gate, NULL) == 0);
  CHECK(net_echo_gate_enter(gate, 600000, &passed, NULL) == 0 && passed);
  CHECK(net_handle_free(gate));
}

static void records_that_are_tuples_elsewhere(void) {
  size_t live = net_live_handles();
  net_echo_spot spot = net_echo_spot_init();
  net_echo_spot back;
  bool found = true;
  spot.name = net_str("a");
  spot.place = 1;
  CHECK(net_echo_spot_of_with(&spot, &back, NULL) == 0 && back.place == 1 && back.pause_ms == 20);
  net_echo_spot_free(&back);
  CHECK(net_echo_spot_maybe_with(NULL, &found, &back, NULL) == 0 && !found);
  net_echo_twins twins = net_echo_twins_init();
  net_echo_twins other;
  net_bytes text;
  twins.elder = test_box("one");
  twins.younger = test_box("two");
  CHECK(net_echo_twins_of_with(&twins, &other, NULL) == 0);
  CHECK(net_echo_box_text(other.elder, &text, NULL) == 0 && test_gave(&text, "two"));
  CHECK(net_handle_free(other.elder) && net_handle_free(other.younger));
  net_echo_twins_free(&other);
  CHECK(net_handle_free(twins.elder) && net_handle_free(twins.younger));
  net_echo_pull pulled;
  CHECK(net_pull_with(&spot, 1, 3, &pulled, NULL) == 0 && pulled.spots.len == 1);
  CHECK(pulled.spots.items[0].place == 1 && net_handle_free(pulled.numbers));
  net_echo_pull_free(&pulled);
  CHECK(net_live_handles() == live);
}

static void metrics_are_printed_for_scrapers(void) {
  net_echo_meter meter = net_echo_meter_init();
  net_bytes text;
  meter.calls = 2;
  meter.depth = -3;
  CHECK(net_meter_text_with(&meter, &text, NULL) == 0);
  CHECK(strstr((const char *)text.data, "\nnet_echo_calls_total 2\n") != NULL);
  CHECK(strstr((const char *)text.data, "\nnet_echo_depth -3\n") != NULL);
  net_bytes_free(&text);
}

static void records_that_nobody_wants_leave_no_objects(void) {
  net_queue *queue = net_queue_new();
  net_handle box = test_box("a");
  size_t live = net_live_handles();
  net_echo_kit kit = net_echo_kit_init();
  kit.label.text = net_str("kit");
  kit.first = box;
  CHECK(net_echo_kit_of_with(&kit, NULL, NULL) == 0);
  CHECK(net_echo_box_boxed_with(box, &kit.label, NULL, NULL, NULL) == 0);
  CHECK(net_echo_box_watch_wait(queue, box, 3, NULL, NULL) == 0);
  CHECK(net_live_handles() == live && net_handle_free(box));
  net_queue_free(queue);
}

static void calls_that_do_nothing(void) {
  net_handle floor = 0;
  net_mark mark;
  net_view texts[] = {net_str("a"), net_str("b")};
  uint32_t count = 0;
  bool done[6] = {false, false, false, false, false, false};
  CHECK(net_floor_new(&floor, NULL) == 0 && net_floor_nothing(floor, &done[0], NULL) == 0);
  CHECK(net_floor_text(floor, net_str("a"), &done[1], NULL) == 0);
  CHECK(net_floor_data(floor, net_str("a"), &done[2], NULL) == 0);
  CHECK(net_floor_data_key(floor, net_str("a"), net_str("k"), &done[3], NULL) == 0);
  CHECK(net_floor_data_hash(floor, net_str("a"), 1, &done[4], NULL) == 0);
  CHECK(net_floor_signed(net_str("a"), net_str("b"), net_str("c"), &done[5], NULL) == 0);
  CHECK(done[0] && done[1] && done[2] && done[3] && done[4] && done[5]);
  CHECK(net_floor_text_key_with(floor, net_str("a"), net_none(), &mark, NULL) == 0);
  CHECK(mark.place == 0 && mark.at == 0);
  CHECK(net_floor_value_key_with(floor, net_str("1"), net_str("k"), &mark, NULL) == 0);
  CHECK(net_floor_value_key_with(floor, net_str("1"), net_str("k"), NULL, NULL) == 0);
  CHECK(net_floor_texts_key_with(floor, texts, 2, net_none(), &count, NULL) == 0 && count == 2);
  CHECK(net_floor_chunks_key_with(floor, texts, 1, net_str("k"), &count, NULL) == 0 && count == 1);
  CHECK(net_handle_free(floor));
}

static void a_freed_handle_is_refused_everywhere(void) {
  net_handle box = test_box("gone");
  net_handle other = test_box("other");
  net_error error;
  CHECK(net_handle_free(box));
  CHECK(!net_handle_free(box) && !net_handle_free(0));
  CHECK(net_echo_box_text(box, NULL, &error) == CLOSED);
  CHECK(test_says(&error, "handle: closed"));
  CHECK(net_echo_box_text(0, NULL, NULL) == CLOSED);
  CHECK(net_echo_box_pair(other, box, NULL, NULL) == CLOSED);
  outcome *told = outcome_new();
  net_echo_box_read(box, test_done, told);
  net_code code = outcome_wait(told);
  outcome_free(told);
  CHECK(code == CLOSED);
  // A new object in the same place has another handle.
  net_handle next = test_box("next");
  CHECK(next != box && net_echo_box_text(box, NULL, NULL) == CLOSED);
  CHECK(net_handle_free(next) && net_handle_free(other));
}

static void a_handle_of_another_type_is_refused(void) {
  net_handle cell = 0;
  net_error error;
  CHECK(net_typed_cell_new(&cell, NULL) == 0);
  CHECK(net_echo_box_text(cell, NULL, &error) == CLOSED);
  CHECK(test_says(&error, "handle: of another type"));
  CHECK(net_handle_free(cell));
}

static void an_object_that_nobody_wants_is_released(void) {
  size_t live = net_live_handles();
  CHECK(net_echo_box_new(net_str("x"), NULL, NULL) == 0);
  CHECK(net_live_handles() == live);
}

static void a_generic_object_keeps_json(void) {
  net_handle cell = 0;
  net_bytes json;
  bool found = true;
  CHECK(net_typed_cell_new(&cell, NULL) == 0);
  CHECK(net_typed_cell_take(cell, &found, &json, NULL) == 0 && !found);
  CHECK(net_typed_cell_put(cell, net_str("[1,2]"), NULL) == 0);
  CHECK(net_typed_cell_take(cell, &found, &json, NULL) == 0 && found);
  CHECK(test_gave(&json, "[1,2]"));
  net_handle_free(cell);
}

// Numbers that were never handles, and the one of a stream where an object is wanted.
static void numbers_that_are_no_handles_are_refused(void) {
  net_handle stream = 0;
  net_handle box = test_box("alive");
  CHECK(net_count_up(3, &stream, NULL) == 0);
  net_handle wrong[] = {1, UINT64_MAX, UINT64_C(1) << 53, box + 1, ~box, stream};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    CHECK(net_echo_box_text(wrong[i], NULL, NULL) == CLOSED);
    CHECK(net_echo_box_pair(box, wrong[i], NULL, NULL) == CLOSED);
    CHECK(wrong[i] == stream || net_stream_close(wrong[i], NULL) == CLOSED);
    CHECK(wrong[i] == stream || !net_handle_free(wrong[i]));
  }
  CHECK(net_stream_close(box, NULL) == CLOSED);
  CHECK(net_handle_free(stream) && net_stream_close(stream, NULL) == CLOSED);
  outcome *told = outcome_new();
  net_stream_next(stream, 1, test_done, told);
  CHECK(outcome_wait(told) == CLOSED && outcome_says(told, "handle: closed"));
  outcome_free(told);
  CHECK(net_handle_free(box));
}

#define BOXES 2000

// Handles that several threads use and free at once.
typedef struct shared_boxes {
  net_handle boxes[BOXES];
  pthread_barrier_t start;
} shared_boxes;

static void *free_all(void *ctx) {
  shared_boxes *own = (shared_boxes *)ctx;
  size_t freed = 0;
  pthread_barrier_wait(&own->start);
  for (int i = 0; i < BOXES; i++) {
    net_code code = net_echo_box_set(own->boxes[i], net_str("used"), NULL);
    freed += code != 0 && code != CLOSED ? BOXES + 1 : net_handle_free(own->boxes[i]);
  }
  return (void *)freed;
}

static void any_thread_may_free_and_one_does(void) {
  shared_boxes *shared = (shared_boxes *)calloc(1, sizeof *shared);
  pthread_t threads[3];
  size_t freed = 0;
  size_t live = net_live_handles();
  pthread_barrier_init(&shared->start, NULL, 3);
  for (int i = 0; i < BOXES; i++) {
    shared->boxes[i] = test_box("shared");
  }
  for (int i = 0; i < 3; i++) {
    CHECK(pthread_create(&threads[i], NULL, free_all, shared) == 0);
  }
  for (int i = 0; i < 3; i++) {
    void *own = NULL;
    pthread_join(threads[i], &own);
    freed += (size_t)own;
  }
  pthread_barrier_destroy(&shared->start);
  free(shared);
  CHECK(freed == BOXES && net_live_handles() == live);
}

const test objects_tests[] = {
    {"objects: an object has methods and properties", an_object_has_methods_and_properties},
    {"objects: a constructor takes defaults", a_constructor_takes_defaults},
    {"objects: objects are arguments and results", objects_are_arguments_and_results},
    {"objects: objects are made of bytes and numbers", objects_are_made_of_bytes_and_numbers},
    {"objects: objects and streams stand in records", objects_and_streams_stand_in_records},
    {"objects: a call that blocks", a_call_that_blocks},
    {"objects: records that are tuples elsewhere", records_that_are_tuples_elsewhere},
    {"objects: metrics are printed for scrapers", metrics_are_printed_for_scrapers},
    {"objects: records that nobody wants leave no objects",
     records_that_nobody_wants_leave_no_objects},
    {"objects: calls that do nothing", calls_that_do_nothing},
    {"objects: a freed handle is refused everywhere", a_freed_handle_is_refused_everywhere},
    {"objects: a handle of another type is refused", a_handle_of_another_type_is_refused},
    {"objects: an object that nobody wants is released", an_object_that_nobody_wants_is_released},
    {"objects: a generic object keeps JSON", a_generic_object_keeps_json},
    {"objects: numbers that are no handles are refused", numbers_that_are_no_handles_are_refused},
    {"objects: any thread may free, and one does", any_thread_may_free_and_one_does},
    {NULL, NULL},
};
