// The bus: events in, polls and subscriptions out.

#include "test.h"

static net_handle one_shard(void) {
  net_net_node_config config = net_net_node_config_init();
  net_handle node = 0;
  config.has_shards = true;
  config.shards = 1;
  config.buffer_capacity = 1024;
  net_net_node_new_with(&config, &node, NULL);
  return node;
}

static bool poll_node(net_queue *queue,
                      net_handle node,
                      const net_poll_request *request,
                      net_poll_response *response) {
  net_bytes result;
  uint64_t op = net_net_node_poll_with(node, request, net_queue_done, queue);
  bool ok = net_wait(queue, op, &result, NULL) == 0 &&
            net_net_node_poll_result(net_bytes_view(&result), response);
  net_bytes_free(&result);
  return ok;
}

static void events_are_read_back_in_order(void) {
  net_queue *queue = net_queue_new();
  net_handle node = one_shard();
  net_receipt receipt;
  net_poll_response page;
  bool accepted = false;
  CHECK(node != 0);
  CHECK(net_net_node_emit_raw_with(node, net_str("{\"n\":0}"), net_none(), &receipt, NULL) == 0);
  CHECK(receipt.shard_id == 0);
  net_receipt_free(&receipt);
  CHECK(net_net_node_fire(node, net_str("{\"n\":1}"), &accepted, NULL) == 0 && accepted);
  CHECK(net_net_node_emit_buffer(node, net_str("{\"n\":2}"), net_none(), &accepted, NULL) == 0);
  CHECK(net_wait(queue, net_net_node_flush(node, net_queue_done, queue), NULL, NULL) == 0);
  net_poll_request request = net_poll_request_init();
  CHECK(request.limit == 100);
  request.limit = 2;
  CHECK(poll_node(queue, node, &request, &page));
  CHECK(page.events.len == 2 && page.has_more && page.next_id.data != NULL);
  CHECK(test_is(page.events.items[0].raw, "{\"n\":0}"));
  request.cursor = page.next_id;
  net_poll_response rest;
  CHECK(poll_node(queue, node, &request, &rest));
  CHECK(rest.events.len == 1 && !rest.has_more && test_is(rest.events.items[0].raw, "{\"n\":2}"));
  net_poll_response_free(&rest);
  net_poll_response_free(&page);
  CHECK(net_handle_free(node));
  net_queue_free(queue);
}

static void batches_are_emitted(void) {
  net_handle node = one_shard();
  const net_view events[] = {net_str("1"), net_str("[2]"), net_str("\"3\"")};
  uint32_t count = 0;
  net_stats stats;
  CHECK(net_net_node_emit_raw_batch_with(node, events, 3, net_none(), &count, NULL) == 0);
  CHECK(count == 3);
  CHECK(net_net_node_push_batch_with(node, events, 3, net_str("key"), &count, NULL) == 0);
  CHECK(count == 3);
  CHECK(net_net_node_stats_with(node, &stats, NULL) == 0 && stats.events_ingested == 6);
  net_stats_free(&stats);
  CHECK(net_handle_free(node));
}

static void broken_json_is_refused_with_its_place(void) {
  net_handle node = one_shard();
  net_bus_invalid_json_fields fields;
  net_error error;
  net_code code = net_net_node_emit_raw(node, net_str("{\"a\":}"), net_none(), NULL, &error);
  CHECK(code == NET_CODE(NET_FAMILY_BUS, NET_BUS_INVALID_JSON));
  CHECK(net_bus_invalid_json_fields_unpack(&error, &fields) && fields.offset == 5);
  net_error_free(&error);
  CHECK(net_handle_free(node));
}

static void settings_are_checked(void) {
  net_net_node_config config = net_net_node_config_init();
  net_handle node = 0;
  net_error error;
  CHECK(config.buffer_capacity == 1048576 && config.backpressure == NET_BACKPRESSURE_DROP_OLDEST);
  config.has_shards = true;
  config.shards = 4097;
  CHECK(net_net_node_new_with(&config, &node, &error) != 0 && node == 0);
  CHECK(test_says(&error, "argument: shards: 4097 is above 4096"));
}

static void a_subscription_waits_for_events(void) {
  net_queue *queue = net_queue_new();
  net_handle node = one_shard();
  net_handle stream = 0;
  net_event event;
  net_stored_event_list events;
  CHECK(net_net_node_subscribe(node, net_none(), &stream, NULL) == 0);
  uint64_t op = net_event_stream_next(stream, 16, net_queue_done, queue);
  CHECK(!net_queue_next(queue, 0, &event));
  CHECK(net_net_node_emit_raw(node, net_str("{\"late\":true}"), net_none(), NULL, NULL) == 0);
  CHECK(net_queue_next(queue, -1, &event) && event.op == op && event.error.kind == 0);
  CHECK(net_event_stream_next_result(net_bytes_view(&event.payload), &events));
  CHECK(events.len == 1 && test_is(events.items[0].raw, "{\"late\":true}"));
  net_stored_event_list_free(&events);
  net_event_free(&event);
  op = net_event_stream_next(stream, 16, net_queue_done, queue);
  CHECK(net_event_stream_stop(stream, NULL) == 0);
  CHECK(net_queue_next(queue, -1, &event) && event.op == op);
  CHECK(net_event_stream_next_result(net_bytes_view(&event.payload), &events) && events.len == 0);
  net_stored_event_list_free(&events);
  net_event_free(&event);
  CHECK(net_handle_free(stream) && net_handle_free(node));
  net_queue_free(queue);
}

static void channels_carry_tagged_objects(void) {
  net_queue *queue = net_queue_new();
  net_handle node = one_shard();
  net_handle channel = 0;
  net_handle stream = 0;
  net_bytes bytes;
  net_view_list values;
  bool accepted = false;
  CHECK(net_net_node_channel(node, net_str("lamps"), &channel, NULL) == 0);
  CHECK(net_typed_channel_name(channel, &bytes, NULL) == 0 && test_gave(&bytes, "lamps"));
  CHECK(net_typed_channel_publish(channel, net_str("{\"on\":1}"), &accepted, NULL) == 0);
  CHECK(accepted && net_typed_channel_publish(channel, net_str("7"), NULL, NULL) != 0);
  CHECK(net_typed_channel_subscribe(channel, net_none(), &stream, NULL) == 0);
  uint64_t op = net_typed_event_stream_next(stream, 1, net_queue_done, queue);
  CHECK(net_wait(queue, op, &bytes, NULL) == 0);
  CHECK(net_typed_event_stream_next_result(net_bytes_view(&bytes), &values) && values.len == 1);
  CHECK(strstr((const char *)values.items[0].data, "\"on\":1") != NULL);
  net_view_list_free(&values);
  net_bytes_free(&bytes);
  CHECK(net_handle_free(stream) && net_handle_free(channel) && net_handle_free(node));
  net_queue_free(queue);
}

static void poll_one_gives_events_or_nothing(void) {
  net_queue *queue = net_queue_new();
  net_handle node = one_shard();
  net_bytes result;
  net_stored_event event;
  bool found = true;
  CHECK(net_wait(queue, net_net_node_poll_one(node, net_queue_done, queue), &result, NULL) == 0);
  CHECK(net_net_node_poll_one_result(net_bytes_view(&result), &found, &event) && !found);
  net_bytes_free(&result);
  CHECK(net_net_node_emit_raw(node, net_str("1"), net_none(), NULL, NULL) == 0);
  CHECK(net_wait(queue, net_net_node_poll_one(node, net_queue_done, queue), &result, NULL) == 0);
  CHECK(net_net_node_poll_one_result(net_bytes_view(&result), &found, &event) && found);
  CHECK(test_is(event.raw, "1"));
  net_stored_event_free(&event);
  net_bytes_free(&result);
  CHECK(net_handle_free(node));
  net_queue_free(queue);
}

#define CLOSED NET_CODE(NET_FAMILY_BUS, NET_BUS_CLOSED)

// Reads a stream up to its error, and counts the events.
static size_t read_all(net_queue *queue, net_handle stream, net_code *end) {
  size_t count = 0;
  for (;;) {
    net_stored_event_list events;
    *end = net_event_stream_next_wait(queue, stream, 16, &events, NULL);
    size_t len = events.len;
    net_stored_event_list_free(&events);
    if (*end != 0 || len == 0) {
      return count;
    }
    count += len;
  }
}

static void shutting_down_delivers_what_was_accepted(void) {
  net_queue *queue = net_queue_new();
  net_queue *reads = net_queue_new();
  net_handle node = one_shard();
  net_handle stream = 0;
  net_handle idle = 0;
  net_code end = 0;
  net_event event;
  net_subscribe_options never = net_subscribe_options_init();
  never.filter = net_str("{\"path\":\"never\",\"value\":1}");
  CHECK(net_net_node_subscribe(node, net_none(), &stream, NULL) == 0);
  CHECK(net_net_node_subscribe_with(node, &never, &idle, NULL) == 0);
  for (int i = 0; i < 100; i++) {
    CHECK(net_net_node_emit_raw(node, net_str("1"), net_none(), NULL, NULL) == 0);
  }
  uint64_t pending = net_event_stream_next(idle, 1, net_queue_done, queue);
  outcome *down = outcome_new();
  outcome *again = outcome_new();
  CHECK(net_net_node_shutdown(node, net_none(), test_done, down) != 0);
  CHECK(net_net_node_shutdown(node, net_none(), test_done, again) != 0);
  CHECK(read_all(reads, stream, &end) == 100 && end == CLOSED);
  CHECK(net_queue_next(queue, -1, &event) && event.op == pending);
  CHECK(NET_CODE(event.error.family, event.error.kind) == CLOSED);
  net_event_free(&event);
  CHECK(outcome_wait(down) == 0 && outcome_wait(again) == 0);
  outcome_free(down);
  outcome_free(again);
  CHECK(net_handle_free(idle) && net_handle_free(stream) && net_handle_free(node));
  net_queue_free(reads);
  net_queue_free(queue);
}

static void shutting_down_ends_although_nobody_reads(void) {
  net_queue *queue = net_queue_new();
  net_handle node = one_shard();
  net_handle idle = 0;
  net_code end = 0;
  bool room = true;
  net_shutdown_options options = net_shutdown_options_init();
  CHECK(options.timeout_ms == 5000);
  options.timeout_ms = 1;
  CHECK(net_net_node_subscribe(node, net_none(), &idle, NULL) == 0);
  CHECK(net_net_node_emit_raw(node, net_str("1"), net_none(), NULL, NULL) == 0);
  CHECK(net_net_node_shutdown_wait(queue, node, &options, NULL) == 0);
  CHECK(net_net_node_shutdown_wait(queue, node, NULL, NULL) == 0);
  CHECK(read_all(queue, idle, &end) == 0 && end == CLOSED);
  CHECK(net_net_node_poll_wait(queue, node, NULL, NULL, NULL) == CLOSED);
  CHECK(net_net_node_poll_one_wait(queue, node, NULL, NULL, NULL) == CLOSED);
  CHECK(net_net_node_fire(node, net_str("1"), &room, NULL) == 0 && !room);
  CHECK(net_handle_free(idle) && net_handle_free(node));
  net_queue_free(queue);
}

static void a_stopped_stream_gives_nothing_more(void) {
  net_queue *queue = net_queue_new();
  net_handle node = one_shard();
  net_handle stream = 0;
  net_stored_event_list events;
  const net_view texts[] = {net_str("1"), net_str("2")};
  CHECK(net_net_node_emit_raw_batch_with(node, texts, 2, net_none(), NULL, NULL) == 0);
  CHECK(net_net_node_subscribe(node, net_none(), &stream, NULL) == 0);
  CHECK(net_event_stream_next_wait(queue, stream, 1, &events, NULL) == 0 && events.len == 1);
  net_stored_event_list_free(&events);
  CHECK(net_event_stream_stop(stream, NULL) == 0 && net_event_stream_stop(stream, NULL) == 0);
  CHECK(net_event_stream_next_wait(queue, stream, 1, &events, NULL) == 0 && events.len == 0);
  net_stored_event_list_free(&events);
  CHECK(net_handle_free(stream) && net_handle_free(node));
  net_queue_free(queue);
}

static void a_subscription_hears_what_it_missed(void) {
  net_queue *queue = net_queue_new();
  net_net_node_config config = net_net_node_config_init();
  net_handle node = 0;
  net_handle stream = 0;
  net_stored_event_list events;
  net_bus_lagged_fields fields;
  net_error error;
  const net_view texts[] = {net_str("0"), net_str("1"), net_str("2"), net_str("3")};
  config.has_shards = true;
  config.shards = 1;
  config.buffer_capacity = 2;
  CHECK(net_net_node_new_with(&config, &node, NULL) == 0);
  CHECK(net_net_node_subscribe(node, net_none(), &stream, NULL) == 0);
  CHECK(net_net_node_emit_raw_batch_with(node, texts, 4, net_none(), NULL, NULL) == 0);
  net_code code = net_event_stream_next_wait(queue, stream, 5, &events, &error);
  CHECK(code == NET_CODE(NET_FAMILY_BUS, NET_BUS_LAGGED) && events.len == 0);
  CHECK(net_bus_lagged_fields_unpack(&error, &fields) && fields.first == 0 && fields.last == 1);
  net_error_free(&error);
  CHECK(net_event_stream_next_wait(queue, stream, 5, &events, NULL) == 0 && events.len == 2);
  CHECK(test_is(events.items[0].raw, "2"));
  net_stored_event_list_free(&events);
  CHECK(net_handle_free(stream) && net_handle_free(node));
  net_queue_free(queue);
}

static void a_node_is_shut_down(void) {
  net_queue *queue = net_queue_new();
  net_handle node = one_shard();
  net_error error;
  uint64_t op = net_net_node_shutdown(node, net_none(), net_queue_done, queue);
  CHECK(net_wait(queue, op, NULL, NULL) == 0);
  CHECK(net_net_node_emit_raw(node, net_str("1"), net_none(), NULL, &error) != 0);
  CHECK(error.family == NET_FAMILY_BUS && error.kind == NET_BUS_CLOSED);
  net_error_free(&error);
  CHECK(net_handle_free(node));
  net_queue_free(queue);
}

const test bus_tests[] = {
    {"bus: events are read back in order", events_are_read_back_in_order},
    {"bus: batches are emitted", batches_are_emitted},
    {"bus: broken JSON is refused with its place", broken_json_is_refused_with_its_place},
    {"bus: settings are checked", settings_are_checked},
    {"bus: a subscription waits for events", a_subscription_waits_for_events},
    {"bus: channels carry tagged objects", channels_carry_tagged_objects},
    {"bus: poll one gives events or nothing", poll_one_gives_events_or_nothing},
    {"bus: shutting down delivers what was accepted", shutting_down_delivers_what_was_accepted},
    {"bus: shutting down ends although nobody reads", shutting_down_ends_although_nobody_reads},
    {"bus: a stopped stream gives nothing more", a_stopped_stream_gives_nothing_more},
    {"bus: a subscription hears what it missed", a_subscription_hears_what_it_missed},
    {"bus: a node is shut down", a_node_is_shut_down},
    {NULL, NULL},
};
