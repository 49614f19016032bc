// The dedup helper with a Redis server, through hiredis.

#include <arpa/inet.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <net_mesh/dedup.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

// A Redis server that keeps nothing on disk, and a client of it.
typedef struct server {
  pid_t process;
  int port;
  redisContext *client;
} server;

static int free_port(void) {
  struct sockaddr_in address;
  socklen_t len = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool bound = bind(listener, (struct sockaddr *)&address, len) == 0 &&
               getsockname(listener, (struct sockaddr *)&address, &len) == 0;
  close(listener);
  return bound ? ntohs(address.sin_port) : 0;
}

// Starts a server and waits until it answers.
static server server_start(void) {
  server made = {0, free_port(), NULL};
  char port[16];
  snprintf(port, sizeof port, "%d", made.port);
  fflush(stdout);
  made.process = fork();
  if (made.process == 0) {
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    execlp("redis-server", "redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "",
           "--appendonly", "no", "--dir", "/tmp", (char *)NULL);
    fprintf(stderr, "redis-server does not work here; install it: apt-get install redis-server\n");
    _exit(127);
  }
  while (waitpid(made.process, NULL, WNOHANG) == 0) {
    made.client = redisConnect("127.0.0.1", made.port);
    if (made.client != NULL && made.client->err == 0) {
      break;
    }
    redisFree(made.client);
    made.client = NULL;
    usleep(1000);
  }
  return made;
}

static void server_end(server *ended) {
  if (ended->client != NULL) {
    redisFree(ended->client);
    kill(ended->process, SIGKILL);
    waitpid(ended->process, NULL, 0);
  }
}

static bool add(server *to, const char *event, const char *dedup_id) {
  const char *with_id = "XADD net:shard:0 * d %s dedup_id %s";
  const char *without = "XADD net:shard:0 * d %s";
  redisReply *reply =
      (redisReply *)redisCommand(to->client, dedup_id == NULL ? without : with_id, event, dedup_id);
  bool added = reply != NULL && reply->type == REDIS_REPLY_STRING;
  freeReplyObject(reply);
  return added;
}

// The text after a name among the fields of an entry.
static const char *field(const redisReply *entry, const char *name) {
  const redisReply *fields = entry->element[1];
  for (size_t at = 0; at + 1 < fields->elements; at += 2) {
    if (strcmp(fields->element[at]->str, name) == 0) {
      return fields->element[at + 1]->str;
    }
  }
  return NULL;
}

// Reads the stream page by page and appends each event once, with a space behind it.
static bool consume(server *from, net_handle dedup, char *events, size_t room) {
  char start[64] = "0";
  size_t len = 0;
  for (;;) {
    redisReply *page =
        (redisReply *)redisCommand(from->client, "XRANGE net:shard:0 %s + COUNT 100", start);
    bool ended = page == NULL || page->type != REDIS_REPLY_ARRAY || page->elements == 0;
    for (size_t at = 0; !ended && at < page->elements; at++) {
      const redisReply *entry = page->element[at];
      const char *id = field(entry, "dedup_id");
      bool known = false;
      if (id != NULL && net_redis_stream_dedup_is_duplicate(dedup, net_str(id), &known, NULL) != 0) {
        ended = true;
      }
      if (!known) {
        len += (size_t)snprintf(events + len, room - len, "%s ", field(entry, "d"));
      }
      snprintf(start, sizeof start, "(%s", entry->element[0]->str);
    }
    freeReplyObject(page);
    if (ended) {
      return len > 0;
    }
  }
}

static void dedup_filters_what_was_written_twice(void) {
  static char events[1024];
  static char wanted[1024];
  char event[32];
  char id[32];
  size_t len = 0;
  server redis = server_start();
  CHECK(redis.client != NULL);
  for (int attempt = 0; attempt < 2; attempt++) {
    for (int index = 0; index < 120; index++) {
      snprintf(event, sizeof event, "%d", index);
      snprintf(id, sizeof id, "2a:0:0:%d", index);
      CHECK(add(&redis, event, id));
      if (attempt == 0) {
        len += (size_t)snprintf(wanted + len, sizeof wanted - len, "%d ", index);
      }
    }
    CHECK(add(&redis, attempt == 0 ? "first" : "second", NULL));
  }
  snprintf(wanted + len, sizeof wanted - len, "first second ");
  net_handle dedup = 0;
  CHECK(net_redis_stream_dedup_new(600000, &dedup, NULL) == 0);
  CHECK(consume(&redis, dedup, events, sizeof events));
  CHECK(strcmp(events, wanted) == 0);
  CHECK(net_handle_free(dedup));
  server_end(&redis);
}

static net_net_node_config at(const char *url) {
  net_net_node_config config = net_net_node_config_init();
  config.has_shards = true;
  config.shards = 1;
  config.has_redis = true;
  config.redis = net_redis_options_init();
  config.redis.url = net_str(url);
  return config;
}

static void another_node_reads_what_is_emitted(void) {
  char url[64];
  server redis = server_start();
  CHECK(redis.client != NULL);
  snprintf(url, sizeof url, "redis://127.0.0.1:%d", redis.port);
  net_net_node_config config = at(url);
  net_queue *queue = net_queue_new();
  net_handle writer = 0;
  net_handle reader = 0;
  net_poll_response page;
  CHECK(net_net_node_create_wait(queue, &config, &writer, NULL) == 0);
  config.has_redis = false;
  config.transport = net_transport_redis(config.redis);
  CHECK(net_net_node_create_wait(queue, &config, &reader, NULL) == 0);
  CHECK(net_net_node_emit_raw(writer, net_str("{\"a\":1}"), net_none(), NULL, NULL) == 0);
  CHECK(net_net_node_flush_wait(queue, writer, NULL) == 0);
  CHECK(net_net_node_poll_wait(queue, reader, NULL, &page, NULL) == 0);
  CHECK(page.events.len == 1 && test_is(page.events.items[0].raw, "{\"a\":1}"));
  net_poll_response_free(&page);
  redisReply *reply = (redisReply *)redisCommand(redis.client, "XRANGE net:shard:0 - +");
  CHECK(reply != NULL && reply->elements == 1 && field(reply->element[0], "dedup_id") != NULL);
  freeReplyObject(reply);
  CHECK(net_net_node_shutdown_wait(queue, writer, NULL, NULL) == 0);
  CHECK(net_net_node_shutdown_wait(queue, reader, NULL, NULL) == 0);
  CHECK(net_handle_free(writer) && net_handle_free(reader));
  net_queue_free(queue);
  server_end(&redis);
}

static void a_server_that_is_not_there_is_an_error(void) {
  char url[64];
  snprintf(url, sizeof url, "redis://127.0.0.1:%d", free_port());
  net_net_node_config config = at(url);
  net_queue *queue = net_queue_new();
  net_handle node = 0;
  net_error error;
  CHECK(net_net_node_create_wait(queue, &config, &node, &error) != 0 && node == 0);
  CHECK(error.family == NET_FAMILY_BUS && error.kind == NET_BUS_TRANSPORT && error.retry);
  net_error_free(&error);
  net_queue_free(queue);
}

const test redis_tests[] = {
    {"redis: another node reads what is emitted", another_node_reads_what_is_emitted},
    {"redis: a server that is not there is an error", a_server_that_is_not_there_is_an_error},
    {"redis: dedup filters what was written twice", dedup_filters_what_was_written_twice},
    {NULL, NULL},
};
