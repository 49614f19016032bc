// Streams of the library, streams with a name, and streams of the program.

#include "test.h"

// The next batch of a stream of numbers; empty at the end.
static net_u32_list next_numbers(net_queue *queue, net_handle stream, uint32_t max) {
  net_u32_list list = net_u32_list_of(NULL, 0);
  net_bytes result;
  if (net_wait(queue, net_stream_next(stream, max, net_queue_done, queue), &result, NULL) == 0) {
    net_u32_list_unpack(net_bytes_view(&result), &list);
  }
  net_bytes_free(&result);
  return list;
}

static void a_stream_gives_batches_up_to_its_end(void) {
  net_queue *queue = net_queue_new();
  net_handle stream = 0;
  uint32_t expected = 0;
  CHECK(net_count_up(10, &stream, NULL) == 0);
  for (;;) {
    net_u32_list list = next_numbers(queue, stream, 4);
    size_t len = list.len;
    CHECK(len <= 4);
    for (size_t i = 0; i < len; i++) {
      CHECK(list.items[i] == expected++);
    }
    net_u32_list_free(&list);
    if (len == 0) {
      break;
    }
  }
  CHECK(expected == 10);
  CHECK(net_handle_free(stream));
  net_queue_free(queue);
}

static void a_closed_stream_is_at_its_end(void) {
  net_queue *queue = net_queue_new();
  net_handle stream = 0;
  net_error error;
  CHECK(net_count_up(1000000, &stream, NULL) == 0);
  net_u32_list list = next_numbers(queue, stream, 1);
  CHECK(list.len == 1);
  net_u32_list_free(&list);
  CHECK(net_stream_close(stream, NULL) == 0);
  list = next_numbers(queue, stream, 1);
  CHECK(list.len == 0);
  net_u32_list_free(&list);
  CHECK(net_handle_free(stream));
  CHECK(net_stream_close(stream, &error) != 0 && test_says(&error, "handle: closed"));
  net_queue_free(queue);
}

static void a_named_stream_has_methods(void) {
  net_queue *queue = net_queue_new();
  net_handle box = test_box("abcdef");
  net_handle letters = 0;
  net_bytes result;
  net_view_list list;
  CHECK(net_echo_box_letters(box, 5, &letters, NULL) == 0);
  CHECK(net_letter_stream_skip(letters, 2, NULL) == 0);
  uint64_t op = net_letter_stream_next(letters, 10, net_queue_done, queue);
  CHECK(net_wait(queue, op, &result, NULL) == 0);
  CHECK(net_letter_stream_next_result(net_bytes_view(&result), &list));
  CHECK(list.len == 3 && test_is(list.items[0], "c") && test_is(list.items[2], "e"));
  net_view_list_free(&list);
  net_bytes_free(&result);
  CHECK(net_letter_stream_close(letters, NULL) == 0);
  op = net_letter_stream_next(letters, 10, net_queue_done, queue);
  CHECK(net_wait(queue, op, &result, NULL) == 0);
  CHECK(net_letter_stream_next_result(net_bytes_view(&result), &list) && list.len == 0);
  net_view_list_free(&list);
  net_bytes_free(&result);
  CHECK(net_handle_free(letters) && net_handle_free(box));
  net_queue_free(queue);
}

// A stream of the program: numbers from `at` up to `end`.
typedef struct numbers {
  uint32_t at;
  uint32_t end;
  int dropped;
} numbers;

static void next(void *ctx, uint64_t reply, uint32_t max) {
  numbers *own = (numbers *)ctx;
  uint32_t items[8];
  size_t len = 0;
  while (len < 8 && len < max && own->at < own->end) {
    items[len++] = own->at++;
  }
  net_u32_list list = net_u32_list_of(items, len);
  net_writer w = net_writer_new();
  net_u32_list_pack(&w, &list);
  net_reply_packed(reply, &w);
}

static void count_drop(void *ctx) {
  ((numbers *)ctx)->dropped++;
}

static void a_stream_of_the_program_is_an_argument(void) {
  numbers own = {1, 101, 0};
  net_source source = {&own, next, NULL, count_drop};
  outcome *told = outcome_new();
  uint64_t sum = 0;
  net_sum_stream_with(&source, test_done, told);
  CHECK(outcome_wait(told) == 0);
  CHECK(net_sum_stream_result(outcome_result(told), &sum) && sum == 5050);
  CHECK(own.dropped == 1);
  outcome_free(told);
}

static void next_label(void *ctx, uint64_t reply, uint32_t max) {
  numbers *own = (numbers *)ctx;
  net_label label = net_label_init();
  (void)max;
  label.text = net_str("item");
  net_label_list list = net_label_list_of(&label, own->at++ < own->end ? 1 : 0);
  net_writer w = net_writer_new();
  net_label_list_pack(&w, &list);
  net_reply_packed(reply, &w);
}

static void a_stream_goes_through_the_library(void) {
  numbers own = {0, 3, 0};
  net_source source = {&own, next_label, NULL, count_drop};
  net_queue *queue = net_queue_new();
  net_handle stream = 0;
  int items = 0;
  CHECK(net_echo_stream_with(&source, &stream, NULL) == 0);
  for (;;) {
    net_bytes result;
    net_label_list list;
    uint64_t op = net_stream_next(stream, 64, net_queue_done, queue);
    CHECK(net_wait(queue, op, &result, NULL) == 0);
    CHECK(net_label_list_unpack(net_bytes_view(&result), &list));
    size_t len = list.len;
    CHECK(len == 0 || test_is(list.items[0].text, "item"));
    items += (int)len;
    net_label_list_free(&list);
    net_bytes_free(&result);
    if (len == 0) {
      break;
    }
  }
  CHECK(items == 3 && net_handle_free(stream) && own.dropped == 1);
  net_queue_free(queue);
}

static void an_unread_stream_of_the_program_is_dropped(void) {
  numbers own = {0, 3, 0};
  net_source source = {&own, next_label, NULL, count_drop};
  net_handle stream = 0;
  CHECK(net_echo_stream_with(&source, &stream, NULL) == 0 && own.dropped == 0);
  CHECK(net_handle_free(stream) && own.dropped == 1);
}

const test streams_tests[] = {
    {"streams: a stream gives batches up to its end", a_stream_gives_batches_up_to_its_end},
    {"streams: a closed stream is at its end", a_closed_stream_is_at_its_end},
    {"streams: a named stream has methods", a_named_stream_has_methods},
    {"streams: a stream of the program is an argument", a_stream_of_the_program_is_an_argument},
    {"streams: a stream goes through the library", a_stream_goes_through_the_library},
    {"streams: an unread stream of the program is dropped",
     an_unread_stream_of_the_program_is_dropped},
    {NULL, NULL},
};
