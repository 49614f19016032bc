// Nodes of the mesh.

#include <net_mesh/mesh.h>

#include "test.h"

#define PSK "0000000000000000000000000000000000000000000000000000000000000000"
#define OTHER_PSK "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"

// Where a node is dialled.
typedef struct place {
  char address[64];
  net_public_key key;
  uint64_t id;
} place;

static net_handle node_with(const char *psk, const char *address, net_error *error) {
  net_mesh_node_config config = net_mesh_node_config_init();
  net_handle node = 0;
  config.bind_addr = net_str(address);
  config.psk = net_str(psk);
  config.connect_timeout_ms = 300;
  net_mesh_node_new_with(&config, &node, error);
  return node;
}

static net_handle new_node(void) { return node_with(PSK, "127.0.0.1:0", NULL); }

static place place_of(net_handle node) {
  place found;
  net_bytes bytes;
  memset(&found, 0, sizeof found);
  net_mesh_node_local_addr(node, &bytes, NULL);
  memcpy(found.address, bytes.data, bytes.len);
  net_bytes_free(&bytes);
  net_mesh_node_public_key(node, &bytes, NULL);
  memcpy(found.key.bytes, bytes.data, sizeof found.key.bytes);
  net_bytes_free(&bytes);
  net_mesh_node_node_id(node, &found.id, NULL);
  return found;
}

// Whether dialling a place fails, and how.
static bool refuses(net_queue *queue, net_handle from, place to, uint32_t kind) {
  net_error error;
  net_code code =
      net_mesh_node_connect_wait(queue, from, net_str(to.address), &to.key, to.id, &error);
  bool told = code != 0 && error.family == NET_FAMILY_MESH && error.kind == kind;
  if (code != 0) {
    net_error_free(&error);
  }
  return told;
}

static bool connect_nodes(net_queue *queue, net_handle from, net_handle to) {
  place there = place_of(to);
  return net_mesh_node_start_wait(queue, to, NULL) == 0 &&
         net_mesh_node_connect_wait(queue, from, net_str(there.address), &there.key, there.id,
                                    NULL) == 0 &&
         net_mesh_node_accept_wait(queue, to, place_of(from).id, NULL, NULL) == 0;
}

static net_handle open_stream(net_handle from, net_handle to, uint64_t id, uint64_t window) {
  net_stream_config config = net_stream_config_init();
  net_handle stream = 0;
  config.stream_id = id;
  config.reliability = NET_RELIABILITY_RELIABLE;
  config.window_bytes = window;
  net_mesh_node_open_stream_with(from, place_of(to).id, &config, &stream, NULL);
  return stream;
}

static void messages_come_with_sender_stream_and_sequence(void) {
  net_queue *queue = net_queue_new();
  net_handle from = new_node(), to = new_node(), events = 0;
  CHECK(connect_nodes(queue, from, to));
  CHECK(net_mesh_node_receive_with(to, NULL, &events, NULL) == 0);
  net_handle stream = open_stream(from, to, 5, 0);
  net_view sent[] = {net_str("first"), net_str(""), net_str("third")};
  CHECK(net_mesh_node_send_blocking_wait(queue, from, stream, sent, 3, NULL) == 0);
  for (uint64_t got = 0; got < 3;) {
    net_mesh_event_list list;
    CHECK(net_mesh_events_next_wait(queue, events, 1, &list, NULL) == 0 && list.len == 1);
    const net_mesh_event *event = &list.items[0];
    CHECK(event->sender == place_of(from).id && event->stream_id == 5 && event->sequence == got);
    CHECK(net_view_equal(event->payload, sent[got]));
    net_mesh_event_list_free(&list);
    got++;
  }
  CHECK(net_handle_free(events) && net_handle_free(stream));
  CHECK(net_handle_free(from) && net_handle_free(to));
  net_queue_free(queue);
}

static void failures_have_names(void) {
  net_queue *queue = net_queue_new();
  net_handle there = new_node(), from = new_node(), gone = new_node();
  net_handle stranger = node_with(OTHER_PSK, "127.0.0.1:0", NULL);
  CHECK(net_mesh_node_start_wait(queue, there, NULL) == 0);
  place right = place_of(there), nobody = place_of(gone), other_key = right, other_id = right;
  CHECK(net_mesh_node_shutdown_wait(queue, gone, NULL, NULL) == 0);
  other_key.key = place_of(from).key;
  other_id.id = 1;
  CHECK(refuses(queue, from, nobody, NET_MESH_NO_ANSWER));
  CHECK(refuses(queue, from, other_key, NET_MESH_WRONG_KEY));
  CHECK(refuses(queue, from, other_id, NET_MESH_WRONG_IDENTITY));
  CHECK(refuses(queue, stranger, right, NET_MESH_WRONG_PSK));
  net_error error;
  CHECK(node_with(PSK, right.address, &error) == 0);
  CHECK(error.family == NET_FAMILY_MESH && error.kind == NET_MESH_ADDRESS_IN_USE);
  net_error_free(&error);
  CHECK(net_handle_free(there) && net_handle_free(from) && net_handle_free(gone));
  CHECK(net_handle_free(stranger));
  net_queue_free(queue);
}

static void a_full_window_and_a_lost_peer_are_told(void) {
  net_queue *queue = net_queue_new();
  net_handle from = new_node(), to = new_node();
  net_error error;
  net_code code = 0;
  char bytes[200] = "";
  net_view message = net_view_of(bytes, sizeof bytes);
  CHECK(connect_nodes(queue, from, to));
  net_handle stream = open_stream(from, to, 1, 256);
  while (code == 0) {
    code = net_mesh_node_send_on_stream_wait(queue, from, stream, &message, 1, &error);
  }
  CHECK(error.family == NET_FAMILY_STREAM && error.kind == NET_STREAM_WINDOW_FULL && error.retry);
  net_error_free(&error);
  CHECK(net_mesh_node_shutdown_wait(queue, to, NULL, NULL) == 0);
  for (uint32_t peers = 1; peers > 0;) {
    CHECK(net_mesh_node_peer_count(from, &peers, NULL) == 0);
  }
  CHECK(net_mesh_node_send_on_stream_wait(queue, from, stream, &message, 1, &error) != 0);
  CHECK(error.family == NET_FAMILY_STREAM && error.kind == NET_STREAM_NOT_CONNECTED);
  net_error_free(&error);
  CHECK(net_handle_free(stream) && net_handle_free(from) && net_handle_free(to));
  net_queue_free(queue);
}

static void nodes_are_found_and_watched(void) {
  net_queue *queue = net_queue_new();
  net_handle from = new_node(), to = new_node(), changes = 0;
  uint64_t id = place_of(from).id;
  net_view tag = net_str("edge");
  net_capability_set caps = net_capability_set_init();
  net_capability_filter filter = net_capability_filter_init();
  net_capability_change_list list;
  net_u64_list found;
  net_error error;
  caps.tags.items = &tag, caps.tags.len = 1;
  caps.has_hardware = true, caps.hardware = net_hardware_init();
  caps.hardware.has_gpu = true, caps.hardware.gpu = net_gpu_info_init();
  caps.hardware.gpu.vendor = NET_GPU_VENDOR_NVIDIA, caps.hardware.gpu.vram_gb = 80;
  filter.require_tags.items = &tag, filter.require_tags.len = 1;
  CHECK(connect_nodes(queue, from, to));
  CHECK(net_mesh_node_watch_nodes_with(to, &filter, NULL, &changes, NULL) == 0);
  CHECK(net_mesh_node_announce_capabilities_wait(queue, from, &caps, NULL, NULL) == 0);
  CHECK(net_capability_changes_next_wait(queue, changes, 1, &list, NULL) == 0 && list.len == 1);
  CHECK(list.items[0].node_id == id && list.items[0].has_capabilities);
  CHECK(list.items[0].capabilities.hardware.gpu.vram_gb == 80);
  net_capability_change_list_free(&list);
  filter.has_gpu_vendor = true, filter.gpu_vendor = NET_GPU_VENDOR_NVIDIA;
  filter.min_vram_mb = 40000;
  CHECK(net_mesh_node_find_nodes_with(to, &filter, &found, NULL) == 0);
  CHECK(found.len == 1 && found.items[0] == id);
  net_u64_list_free(&found);
  CHECK(net_mesh_node_withdraw_capabilities_wait(queue, from, NULL) == 0);
  CHECK(net_capability_changes_next_wait(queue, changes, 1, &list, NULL) == 0 && list.len == 1);
  CHECK(list.items[0].node_id == id && !list.items[0].has_capabilities);
  net_capability_change_list_free(&list);
  tag = net_str("heat:x");
  CHECK(net_mesh_node_announce_capabilities_wait(queue, from, &caps, NULL, &error) != 0);
  CHECK(error.family == NET_FAMILY_CAPABILITY && error.kind == NET_CAPABILITY_RESERVED_TAG);
  net_error_free(&error);
  CHECK(net_handle_free(changes) && net_handle_free(from) && net_handle_free(to));
  net_queue_free(queue);
}

static net_handle subscribe(net_queue *queue, net_handle from, uint64_t publisher,
                            const char *channel, net_error *error) {
  net_handle heard = 0;
  net_mesh_node_subscribe_channel_wait(queue, from, publisher, net_str(channel), NULL, &heard,
                                       error);
  return heard;
}

static void events_of_channels_come_in_order_and_refusals_have_names(void) {
  net_queue *queue = net_queue_new();
  net_handle publisher = new_node(), subscriber = new_node();
  net_error error;
  CHECK(connect_nodes(queue, subscriber, publisher));
  uint64_t id = place_of(publisher).id;
  net_channel_config config = net_channel_config_init();
  config.name = net_str("news");
  CHECK(net_mesh_node_register_channel_with(publisher, &config, NULL) == 0);
  net_handle heard = subscribe(queue, subscriber, id, "news", NULL);
  net_publish_config publishing = net_publish_config_init();
  publishing.wait = NET_PUBLISH_WAIT_ACKED;
  net_view sent[] = {net_str("first"), net_str(""), net_str("third")};
  for (size_t at = 0; at < 3; at++) {
    net_publish_report report;
    CHECK(net_mesh_node_publish_wait(queue, publisher, net_str("news"), sent[at], &publishing,
                                     &report, NULL) == 0);
    CHECK(report.attempted == 1 && report.delivered == 1 && report.errors.len == 0);
    net_publish_report_free(&report);
  }
  for (uint64_t got = 0; got < 3; got++) {
    net_channel_event_list list;
    CHECK(net_channel_subscription_next_wait(queue, heard, 1, &list, NULL) == 0 && list.len == 1);
    const net_channel_event *event = &list.items[0];
    CHECK(event->publisher == id && event->sequence == got && event->lagged == 0);
    CHECK(net_view_equal(event->payload, sent[got]));
    net_channel_event_list_free(&list);
  }
  CHECK(subscribe(queue, subscriber, id, "none", &error) == 0);
  CHECK(error.family == NET_FAMILY_CHANNEL && error.kind == NET_CHANNEL_UNKNOWN_CHANNEL);
  net_error_free(&error);
  config.name = net_str("vault");
  config.require_token = true;
  CHECK(net_mesh_node_register_channel_with(publisher, &config, NULL) == 0);
  CHECK(subscribe(queue, subscriber, id, "vault", &error) == 0);
  CHECK(error.family == NET_FAMILY_CHANNEL && error.kind == NET_CHANNEL_UNAUTHORIZED);
  net_error_free(&error);
  CHECK(net_handle_free(heard) && net_handle_free(publisher) && net_handle_free(subscriber));
  net_queue_free(queue);
}

const test mesh_tests[] = {
    {"mesh: messages come with sender, stream and sequence",
     messages_come_with_sender_stream_and_sequence},
    {"mesh: events of channels come in order and refusals have names",
     events_of_channels_come_in_order_and_refusals_have_names},
    {"mesh: failures have names", failures_have_names},
    {"mesh: a full window and a lost peer are told", a_full_window_and_a_lost_peer_are_told},
    {"mesh: nodes are found and watched", nodes_are_found_and_watched},
    {NULL, NULL},
};
