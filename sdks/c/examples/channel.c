// A channel that only those may hear who were given a token.
//
//   channel serve 127.0.0.1:9000 N        gives N members a token, publishes to them, and revokes the tokens
//   channel join ADDRESS KEY ID NAME N    finds N members, is given a token, and hears the channel
//   channel intrude ADDRESS KEY ID        tries to hear it without a token, and with one of its own
//
// `serve` prints how to dial it, and ends with its input. NET_PSK is the pre-shared key of the mesh, 64 hex digits.

#include <inttypes.h>
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

// Makes a node, and its identity if that is to sign.
static net_code create(const char *address, net_handle *identity, net_handle *node) {
  const char *psk = getenv("NET_PSK");
  net_mesh_node_config config = net_mesh_node_config_init();
  net_bytes seed = {0};
  config.bind_addr = net_str(address);
  config.psk = net_str(psk != NULL ? psk : "5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a");
  if (identity != NULL) {
    net_code code = net_identity_generate(identity, &error);
    if (code == 0) code = net_identity_to_bytes(*identity, &seed, &error);
    if (code != 0) return code;
    config.identity_seed = net_bytes_view(&seed);
  }
  net_code code = net_mesh_node_create_wait(queue, &config, node, &error);
  net_bytes_free(&seed);
  return code;
}

static net_code issue(net_handle issuer, net_view subject, net_handle *token) {
  net_issue_token_options options = net_issue_token_options_init();
  options.subject = subject;
  options.scope = NET_TOKEN_SCOPE_SUBSCRIBE;
  options.channel = net_str("plans");
  options.ttl_secs = 300;
  return net_identity_issue_token_with(issuer, &options, token, &error);
}

static net_code announce(net_handle node, net_view *tags, size_t count) {
  net_capability_set caps = net_capability_set_init();
  caps.tags.items = tags;
  caps.tags.len = count;
  return net_mesh_node_announce_capabilities_wait(queue, node, &caps, NULL, &error);
}

// What is done with each node that is found; 0 to go on.
typedef net_code (*visitor)(net_handle node, const net_capability_change *found, void *of);

// Visits each of so many nodes that announce a tag.
static net_code find(net_handle node, const char *tag, size_t count, visitor visit, void *of) {
  net_view wanted = net_str(tag);
  net_capability_filter filter = net_capability_filter_init();
  filter.require_tags.items = &wanted;
  filter.require_tags.len = 1;
  net_handle changes;
  net_node_id *seen = calloc(count, sizeof *seen);
  net_code code = net_mesh_node_watch_nodes_with(node, &filter, NULL, &changes, &error);
  for (size_t found = 0; seen != NULL && code == 0 && found < count;) {
    net_capability_change_list list;
    code = net_capability_changes_next_wait(queue, changes, 16, &list, &error);
    for (size_t i = 0; code == 0 && i < list.len && found < count; i++) {
      size_t at = 0;
      while (at < found && seen[at] != list.items[i].node_id) at++;
      if (!list.items[i].has_capabilities || at < found) continue;
      seen[found++] = list.items[i].node_id;
      code = visit != NULL ? visit(node, &list.items[i], of) : 0;
    }
    net_capability_change_list_free(&list);
  }
  net_handle_free(changes);
  free(seen);
  return code;
}

// Gives a member a token, over a stream of its own.
static net_code grant(net_handle node, const net_capability_change *found, void *issuer) {
  net_peer_info_list peers;
  net_handle token = 0, stream = 0;
  net_bytes bytes = {0};
  net_stream_config config = net_stream_config_init();
  config.stream_id = 1;
  config.reliability = NET_RELIABILITY_RELIABLE;
  net_code code = net_mesh_node_peers_with(node, &peers, &error);
  if (code != 0) return code;
  for (size_t i = 0; i < peers.len; i++) {
    if (peers.items[i].node_id != found->node_id) continue;
    // region grant
    code = issue(*(net_handle *)issuer, peers.items[i].entity_id, &token);
    if (code == 0) code = net_token_to_buffer(token, &bytes, &error);
    if (code == 0) code = net_mesh_node_open_stream_with(node, found->node_id, &config, &stream, &error);
    net_view message = net_bytes_view(&bytes);
    if (code == 0) code = net_mesh_node_send_blocking_wait(queue, node, stream, &message, 1, &error);
    // endregion
  }
  net_peer_info_list_free(&peers);
  net_bytes_free(&bytes);
  net_handle_free(token);
  net_handle_free(stream);
  return code;
}

static net_code print_dial(net_handle node) {
  net_bytes address, key;
  net_node_id id;
  net_code code = net_mesh_node_local_addr(node, &address, &error);
  if (code == 0) code = net_mesh_node_public_key(node, &key, &error);
  if (code == 0) code = net_mesh_node_node_id(node, &id, &error);
  if (code != 0) return code;
  printf("dial %.*s ", (int)address.len, (const char *)address.data);
  for (size_t i = 0; i < key.len; i++) printf("%02x", key.data[i]);
  printf(" %" PRIu64 "\n", id);
  fflush(stdout);
  net_bytes_free(&address);
  net_bytes_free(&key);
  return 0;
}

static int serve(const char *address, size_t members) {
  static const char *const texts[] = {"one", "two", "three"};
  net_handle node, issuer;
  if (create(address, &issuer, &node) != 0) return failed();
  // region protect
  net_channel_config config = net_channel_config_init();
  config.name = net_str("plans");
  config.require_token = true;
  if (net_mesh_node_register_channel_with(node, &config, &error) != 0) return failed();
  // endregion
  if (print_dial(node) != 0) return failed();
  if (find(node, "member", members, grant, &issuer) != 0) return failed();
  if (find(node, "ready", members, NULL, NULL) != 0) return failed();
  net_publish_config options = net_publish_config_init();
  options.wait = NET_PUBLISH_WAIT_ACKED;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    net_publish_report report;
    net_view text = net_str(texts[i]);
    if (net_mesh_node_publish_wait(queue, node, net_str("plans"), text, &options, &report, &error) != 0) return failed();
    printf("delivered %" PRIu32 "\n", report.delivered);
    net_publish_report_free(&report);
  }
  fflush(stdout);
  // region revoke
  if (net_mesh_node_revoke_wait(queue, node, 1, NULL, &error) != 0) return failed();
  // endregion
  while (getchar() != EOF) {
  }
  net_mesh_node_shutdown_wait(queue, node, NULL, NULL);
  net_handle_free(issuer);
  net_handle_free(node);
  return 0;
}

// The names that members have told of, in the order of their letters.
typedef struct {
  char text[16][32];
  size_t len;
} names;

static net_code note(net_handle node, const net_capability_change *found, void *of) {
  names *all = of;
  (void)node;
  for (size_t i = 0; i < found->capabilities.tags.len && all->len < 16; i++) {
    net_view tag = found->capabilities.tags.items[i];
    if (tag.len <= 7 || memcmp(tag.data, "speaks-", 7) != 0) continue;
    snprintf(all->text[all->len++], sizeof all->text[0], "%.*s", (int)tag.len - 7, (const char *)tag.data + 7);
  }
  return 0;
}

static int by_letters(const void *one, const void *other) {
  return strcmp(one, other);
}

static bool parse_key(const char *text, net_public_key *key) {
  for (size_t i = 0; i < sizeof key->bytes; i++) {
    if (sscanf(text + 2 * i, "%2hhx", &key->bytes[i]) != 1) return false;
  }
  return text[2 * sizeof key->bytes] == 0;
}

// Hears the channel with the token that the next message is.
static net_code subscribe(net_handle node, net_handle messages, net_node_id server, net_handle *events) {
  net_mesh_event_list list;
  net_subscribe_channel_options options = net_subscribe_channel_options_init();
  net_code code = net_mesh_events_next_wait(queue, messages, 1, &list, &error);
  if (code != 0) return code;
  // region subscribe
  if (list.len > 0) code = net_token_parse(list.items[0].payload, &options.token, &error);
  options.has_token = true;
  net_view channel = net_str("plans");
  if (code == 0) code = net_mesh_node_subscribe_channel_wait(queue, node, server, channel, &options, events, &error);
  // endregion
  net_handle_free(options.token);
  net_mesh_event_list_free(&list);
  return code;
}

static int join(const char *address, const net_public_key *key, net_node_id server, const char *name, size_t members) {
  net_handle node, messages, events;
  char speaks[64];
  names all = {.len = 0};
  if (create("127.0.0.1:0", NULL, &node) != 0) return failed();
  if (net_mesh_node_receive_with(node, NULL, &messages, &error) != 0) return failed();
  if (net_mesh_node_connect_wait(queue, node, net_str(address), key, server, &error) != 0) return failed();
  snprintf(speaks, sizeof speaks, "speaks-%s", name);
  // region announce
  net_view tags[] = {net_str("member"), net_str(speaks), net_str("ready")};
  if (announce(node, tags, 2) != 0) return failed();
  // endregion
  if (find(node, "member", members, note, &all) != 0) return failed();
  qsort(all.text, all.len, sizeof all.text[0], by_letters);
  printf("found");
  for (size_t i = 0; i < all.len; i++) printf(" %s", all.text[i]);
  printf("\n");
  fflush(stdout);
  if (subscribe(node, messages, server, &events) != 0) return failed();
  if (announce(node, tags, 3) != 0) return failed();
  for (;;) {
    net_channel_event_list list;
    net_code code = net_channel_subscription_next_wait(queue, events, 16, &list, &error);
    if (code != 0) {
      if (error.family != NET_FAMILY_CHANNEL) return failed();
      printf("ended %.*s\n", (int)error.message.len, (const char *)error.message.data);
      net_error_free(&error);
      break;
    }
    size_t count = list.len;
    for (size_t i = 0; i < count; i++) {
      printf("heard %.*s\n", (int)list.items[i].payload.len, (const char *)list.items[i].payload.data);
    }
    fflush(stdout);
    net_channel_event_list_free(&list);
    if (count == 0) break;
  }
  net_handle_free(events);
  net_handle_free(messages);
  net_mesh_node_shutdown_wait(queue, node, NULL, NULL);
  net_handle_free(node);
  return 0;
}

static int intrude(const char *address, const net_public_key *key, net_node_id server) {
  net_handle node, own, events;
  net_bytes entity;
  net_subscribe_channel_options options = net_subscribe_channel_options_init();
  if (create("127.0.0.1:0", &own, &node) != 0) return failed();
  if (net_mesh_node_connect_wait(queue, node, net_str(address), key, server, &error) != 0) return failed();
  if (net_mesh_node_entity_id(node, &entity, &error) != 0) return failed();
  if (issue(own, net_bytes_view(&entity), &options.token) != 0) return failed();
  for (int with_token = 0; with_token < 2; with_token++) {
    options.has_token = with_token == 1;
    net_view channel = net_str("plans");
    net_code code = net_mesh_node_subscribe_channel_wait(queue, node, server, channel, &options, &events, &error);
    if (code == 0) {
      printf("heard\n");
      net_handle_free(events);
      continue;
    }
    if (error.family != NET_FAMILY_CHANNEL) return failed();
    printf("refused %.*s\n", (int)error.message.len, (const char *)error.message.data);
    net_error_free(&error);
  }
  net_bytes_free(&entity);
  net_handle_free(options.token);
  net_handle_free(own);
  net_mesh_node_shutdown_wait(queue, node, NULL, NULL);
  net_handle_free(node);
  return 0;
}

int main(int argc, char **argv) {
  int status = 2;
  net_public_key key;
  queue = net_queue_new();
  if (argc == 4 && strcmp(argv[1], "serve") == 0) {
    status = serve(argv[2], strtoul(argv[3], NULL, 10));
  } else if (argc >= 5 && (strlen(argv[3]) != 64 || !parse_key(argv[3], &key))) {
    fputs("the key of a node has 64 hex digits\n", stderr);
  } else if (argc == 7 && strcmp(argv[1], "join") == 0) {
    status = join(argv[2], &key, strtoull(argv[4], NULL, 10), argv[5], strtoul(argv[6], NULL, 10));
  } else if (argc == 5 && strcmp(argv[1], "intrude") == 0) {
    status = intrude(argv[2], &key, strtoull(argv[4], NULL, 10));
  } else {
    fputs("usage: channel serve ADDRESS N | channel join ADDRESS KEY ID NAME N | channel intrude ADDRESS KEY ID\n", stderr);
  }
  net_queue_free(queue);
  return status;
}
