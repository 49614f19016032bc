// Publishes the lines of a file on a bus and reads them back: `demo FILE` prints one line of JSON.

#include <net_mesh/bus.h>
#include <stdio.h>
#include <time.h>

// The lines of a file, without their ends.
typedef struct lines {
  char *text;
  net_view *items;
  size_t len;
} lines;

static bool read_lines(const char *path, lines *out) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
    return false;
  }
  size_t size = (size_t)ftell(file);
  rewind(file);
  out->text = (char *)malloc(size + 1);
  out->items = (net_view *)malloc((size + 1) * sizeof *out->items);
  out->len = 0;
  bool ok = out->text != NULL && out->items != NULL && fread(out->text, 1, size, file) == size;
  fclose(file);
  for (size_t at = 0; ok && at < size;) {
    const char *start = out->text + at;
    const char *end = (const char *)memchr(start, '\n', size - at);
    size_t len = end == NULL ? size - at : (size_t)(end - start);
    out->items[out->len++] = net_view_of(start, len);
    at += len + 1;
  }
  return ok;
}

static double now(void) {
  struct timespec time;
  timespec_get(&time, TIME_UTC);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool publish(net_handle node, const lines *lines) {
  for (size_t i = 0; i < lines->len; i++) {
    net_error error;
    if (net_net_node_emit_raw(node, lines->items[i], net_none(), NULL, &error) != 0) {
      fprintf(stderr, "%.*s\n", (int)error.message.len, (const char *)error.message.data);
      net_error_free(&error);
      return false;
    }
  }
  return true;
}

// Polls until everything is read back, and tells whether it is what was published.
static bool read_back(net_handle node, const lines *lines, size_t *read) {
  net_queue *queue = net_queue_new();
  net_poll_request request = net_poll_request_init();
  net_poll_response page;
  bool matched = true;
  bool more = true;
  memset(&page, 0, sizeof page);
  request.limit = 1000;
  while (more && *read < lines->len) {
    net_bytes result;
    uint64_t op = net_net_node_poll_with(node, &request, net_queue_done, queue);
    net_code code = net_wait(queue, op, &result, NULL);
    net_poll_response_free(&page);
    more = code == 0 && net_net_node_poll_result(net_bytes_view(&result), &page);
    net_bytes_free(&result);
    for (size_t i = 0; more && i < page.events.len; i++, ++*read) {
      matched = matched && net_view_equal(page.events.items[i].raw, lines->items[*read]);
    }
    more = more && page.events.len > 0;
    request.cursor = page.next_id;
  }
  net_poll_response_free(&page);
  net_queue_free(queue);
  return matched && *read == lines->len;
}

int main(int argc, char **argv) {
  lines lines;
  if (argc != 2 || !read_lines(argv[1], &lines)) {
    fprintf(stderr, "usage: demo FILE\n");
    return 2;
  }
  net_net_node_config config = net_net_node_config_init();
  net_handle node = 0;
  size_t read = 0;
  config.has_shards = true;
  config.shards = 1;
  if (net_net_node_new_with(&config, &node, NULL) != 0) {
    return 1;
  }
  double start = now();
  bool matched = publish(node, &lines) && read_back(node, &lines, &read);
  printf("{\"language\":\"c\",\"published\":%zu,\"read\":%zu,\"seconds\":%.6f,\"matched\":%s}\n",
         lines.len,
         read,
         now() - start,
         matched ? "true" : "false");
  net_handle_free(node);
  free(lines.text);
  free(lines.items);
  return matched ? 0 : 1;
}
