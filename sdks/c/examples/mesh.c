// Two nodes of the mesh, each in a terminal of its own.
//
//   mesh listen 127.0.0.1:9000        prints how to dial it, then what it receives
//   mesh dial ADDRESS KEY ID TEXT...  sends each text as one message
//
// NET_PSK is the pre-shared key of the mesh, 64 hex digits.

#include <inttypes.h>
#include <limits.h>
#include <net_mesh/mesh.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
  if (net_mesh_node_connect_wait(queue, node, net_str(address), &key, id, &error) != 0) return failed();
  config.stream_id = 1;
  config.reliability = NET_RELIABILITY_RELIABLE;
  if (net_mesh_node_open_stream_with(node, id, &config, &stream, &error) != 0) return failed();
  for (size_t i = 0; i < count; i++) messages[i] = net_str(texts[i]);
  if (net_mesh_node_send_blocking_wait(queue, node, stream, messages, count, &error) != 0) return failed();
  net_mesh_node_shutdown_wait(queue, node, NULL, NULL);
  net_handle_free(stream);
  net_handle_free(node);
  free(messages);
  return 0;
}

int main(int argc, char **argv) {
  int status = 2;
  queue = net_queue_new();
  if (argc >= 3 && strcmp(argv[1], "listen") == 0) {
    status = listen_at(argv[2], argc > 3 ? strtol(argv[3], NULL, 10) : LONG_MAX);
  } else if (argc >= 6 && strcmp(argv[1], "dial") == 0) {
    status = dial(argv[2], argv[3], argv[4], argv + 5, (size_t)argc - 5);
  } else {
    fputs("usage: mesh listen ADDRESS [COUNT] | mesh dial ADDRESS KEY ID TEXT...\n", stderr);
  }
  net_queue_free(queue);
  return status;
}
