// Nodes of the mesh, each in a terminal of its own.
//
//   mesh listen 127.0.0.1:9000        prints how to dial it, then what it receives
//   mesh dial ADDRESS KEY ID TEXT...  sends each text as one message
//   mesh join ADDRESS KEY ID N COUNT  finds N others over that relay, and exchanges COUNT messages with each
//
// NET_PSK is the pre-shared key of the mesh, 64 hex digits.

#include <inttypes.h>
#include <limits.h>
#include <net_mesh/mesh.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static net_queue *queue;
static net_error error;

static int failed(void) {
  fprintf(stderr, "%.*s\n", (int)error.message.len, (const char *)error.message.data);
  net_error_free(&error);
  return 1;
}

static net_code create(const char *address, net_handle *node) {
  const char *psk = getenv("NET_PSK");
  net_mesh_node_config config = net_mesh_node_config_init();
  config.bind_addr = net_str(address);
  config.psk = net_str(psk != NULL ? psk : "5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a");
  return net_mesh_node_create_wait(queue, &config, node, &error);
}

static int listen_at(const char *address, long most) {
  net_handle node, messages;
  net_bytes own_address, key;
  net_node_id id;
  if (create(address, &node) != 0) return failed();
  if (net_mesh_node_local_addr(node, &own_address, &error) != 0) return failed();
  if (net_mesh_node_public_key(node, &key, &error) != 0) return failed();
  if (net_mesh_node_node_id(node, &id, &error) != 0) return failed();
  printf("dial %.*s ", (int)own_address.len, (const char *)own_address.data);
  for (size_t i = 0; i < key.len; i++) printf("%02x", key.data[i]);
  printf(" %" PRIu64 "\n", id);
  fflush(stdout);
  net_bytes_free(&own_address);
  net_bytes_free(&key);

  if (net_mesh_node_receive_with(node, NULL, &messages, &error) != 0) return failed();
  for (long count = 0; count < most;) {
    net_mesh_event_list list;
    if (net_mesh_events_next_wait(queue, messages, 64, &list, &error) != 0) return failed();
    for (size_t i = 0; i < list.len && count < most; i++, count++) {
      const net_mesh_event *message = &list.items[i];
      printf("%" PRIu64 " %" PRIu64 " %.*s\n", message->sender, message->sequence, (int)message->payload.len,
             (const char *)message->payload.data);
    }
    fflush(stdout);
    net_mesh_event_list_free(&list);
  }
  net_handle_free(messages);
  net_mesh_node_shutdown_wait(queue, node, NULL, NULL);
  net_handle_free(node);
  return 0;
}

static bool parse_key(const char *text, net_public_key *key) {
  for (size_t i = 0; i < sizeof key->bytes; i++) {
    if (sscanf(text + 2 * i, "%2hhx", &key->bytes[i]) != 1) return false;
  }
  return text[2 * sizeof key->bytes] == 0;
}

static int dial(const char *address, const char *key_text, const char *id_text, char **texts, size_t count) {
  net_handle node, stream;
  net_public_key key;
  net_node_id id = strtoull(id_text, NULL, 10);
  net_stream_config config = net_stream_config_init();
  net_view *messages = calloc(count, sizeof *messages);
  if (messages == NULL || strlen(key_text) != 64 || !parse_key(key_text, &key)) return 2;
  if (create("127.0.0.1:0", &node) != 0) return failed();
  // region connect
  if (net_mesh_node_connect_wait(queue, node, net_str(address), &key, id, &error) != 0) return failed();
  config.stream_id = 1;
  config.reliability = NET_RELIABILITY_RELIABLE;
  if (net_mesh_node_open_stream_with(node, id, &config, &stream, &error) != 0) return failed();
  for (size_t i = 0; i < count; i++) messages[i] = net_str(texts[i]);
  if (net_mesh_node_send_blocking_wait(queue, node, stream, messages, count, &error) != 0) return failed();
  // endregion
  net_mesh_node_shutdown_wait(queue, node, NULL, NULL);
  net_handle_free(stream);
  net_handle_free(node);
  free(messages);
  return 0;
}

static int64_t microseconds(void) {
  struct timespec now;
  timespec_get(&now, TIME_UTC);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int ascending(const void *one, const void *other) {
  int64_t difference = *(const int64_t *)one - *(const int64_t *)other;
  return (difference > 0) - (difference < 0);
}

// What came from one peer.
typedef struct {
  net_node_id peer;
  net_handle stream;
  size_t count;
  int64_t *delays;
} flow;

// Fills in the peers, once there are enough.
static net_code find(net_handle node, net_node_id relay, flow *flows, size_t others) {
  for (size_t found = 0; found < others;) {
    net_route_info_list routes;
    net_code code = net_mesh_node_routes_with(node, &routes, &error);
    if (code != 0) return code;
    found = 0;
    for (size_t i = 0; i < routes.len && found < others; i++) {
      if (routes.items[i].node_id != relay) flows[found++].peer = routes.items[i].node_id;
    }
    net_route_info_list_free(&routes);
  }
  return 0;
}

static net_code meet(net_handle node, flow *of) {
  net_stream_config config = net_stream_config_init();
  config.stream_id = 1;
  config.reliability = NET_RELIABILITY_RELIABLE;
  net_code code = net_mesh_node_connect_routed_wait(queue, node, of->peer, &error);
  return code != 0 ? code : net_mesh_node_open_stream_with(node, of->peer, &config, &of->stream, &error);
}

// Takes in the messages that are there, or waits for some.
static net_code take(net_handle messages, flow *flows, size_t others, size_t most) {
  net_mesh_event_list list;
  net_code code = net_mesh_events_next_wait(queue, messages, 64, &list, &error);
  if (code != 0) return code;
  for (size_t i = 0; i < list.len; i++) {
    for (size_t at = 0; at < others; at++) {
      if (flows[at].peer != list.items[i].sender || flows[at].count == most) continue;
      char text[32] = {0};
      size_t length = list.items[i].payload.len < sizeof text - 1 ? list.items[i].payload.len : sizeof text - 1;
      memcpy(text, list.items[i].payload.data, length);
      flows[at].delays[flows[at].count++] = microseconds() - strtoll(text, NULL, 10);
    }
  }
  net_mesh_event_list_free(&list);
  return 0;
}

static int join(const char *address, const char *key_text, net_node_id relay, size_t others, size_t count) {
  net_handle node, messages;
  net_node_id id;
  net_public_key key;
  flow *flows = calloc(others, sizeof *flows);
  if (flows == NULL || strlen(key_text) != 64 || !parse_key(key_text, &key)) return 2;
  if (create("127.0.0.1:0", &node) != 0) return failed();
  if (net_mesh_node_node_id(node, &id, &error) != 0) return failed();
  printf("node %" PRIu64 "\n", id);
  fflush(stdout);
  if (net_mesh_node_receive_with(node, NULL, &messages, &error) != 0) return failed();
  if (net_mesh_node_connect_wait(queue, node, net_str(address), &key, relay, &error) != 0) return failed();
  if (find(node, relay, flows, others) != 0) return failed();
  for (size_t at = 0; at < others; at++) {
    flows[at].delays = calloc(count, sizeof *flows[at].delays);
    if (flows[at].delays == NULL) return 2;
    if (meet(node, &flows[at]) != 0) return failed();
  }
  size_t received = 0;
  for (size_t sent = 0; sent < count || received < others * count;) {
    for (size_t at = 0; at < others && sent < count; at++) {
      char text[32];
      snprintf(text, sizeof text, "%" PRId64, microseconds());
      net_view message = net_str(text);
      net_code code = net_mesh_node_send_blocking_wait(queue, node, flows[at].stream, &message, 1, &error);
      if (code != 0) return failed();
    }
    sent += sent < count;
    // The others send as fast, so that there is something to read after each round.
    if (received < others * count && take(messages, flows, others, count) != 0) return failed();
    received = 0;
    for (size_t at = 0; at < others; at++) received += flows[at].count;
  }
  for (size_t at = 0; at < others; at++) {
    qsort(flows[at].delays, flows[at].count, sizeof *flows[at].delays, ascending);
    printf("%" PRIu64 " %zu %" PRId64 "\n", flows[at].peer, flows[at].count, flows[at].delays[flows[at].count / 2]);
    net_handle_free(flows[at].stream);
    free(flows[at].delays);
  }
  net_handle_free(messages);
  net_mesh_node_shutdown_wait(queue, node, NULL, NULL);
  net_handle_free(node);
  free(flows);
  return 0;
}

int main(int argc, char **argv) {
  int status = 2;
  queue = net_queue_new();
  if (argc >= 3 && strcmp(argv[1], "listen") == 0) {
    status = listen_at(argv[2], argc > 3 ? strtol(argv[3], NULL, 10) : LONG_MAX);
  } else if (argc >= 6 && strcmp(argv[1], "dial") == 0) {
    status = dial(argv[2], argv[3], argv[4], argv + 5, (size_t)argc - 5);
  } else if (argc == 7 && strcmp(argv[1], "join") == 0) {
    net_node_id relay = strtoull(argv[4], NULL, 10);
    status = join(argv[2], argv[3], relay, strtoul(argv[5], NULL, 10), strtoul(argv[6], NULL, 10));
  } else {
    fputs("usage: mesh listen ADDRESS [COUNT] | mesh dial ADDRESS KEY ID TEXT... | mesh join ADDRESS KEY ID N COUNT\n", stderr);
  }
  net_queue_free(queue);
  return status;
}
