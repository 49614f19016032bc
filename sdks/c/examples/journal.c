// Several writers, one append-only file on disk. However the program is ended, what it has said to be there is there again.
//
//   journal DIRECTORY WRITERS       prints what is there; then appends, and prints what was acknowledged, until it is ended
//   journal DIRECTORY WRITERS lazy  the same, with the bytes left to the system: a loss of power may cost some of them
//   journal DIRECTORY 0             prints what is there

#include <inttypes.h>
#include <net_mesh/redex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WRITERS = 64 };

static net_handle file;
static uint64_t run;

static int failed(net_error *error) {
  fprintf(stderr, "%.*s\n", (int)error->message.len, (const char *)error->message.data);
  net_error_free(error);
  return 1;
}

// Appends one entry, two, three, and so on in turn.
static void *write_entries(void *argument) {
  int writer = *(int *)argument;
  for (int step = 0;; step++) {
    char texts[3][160];
    net_view entries[3];
    size_t count = (size_t)(step % 3 + 1);
    for (size_t part = 0; part < count; part++) {
      int length = snprintf(texts[part], sizeof texts[part], "%" PRIu64 ".%d.%d.%zu", run, writer, step, part);
      memset(texts[part] + length, '.', (size_t)(step % 64));
      texts[part][length + step % 64] = 0;
      entries[part] = net_str(texts[part]);
    }
    bool found;
    uint64_t first;
    net_error error;
    if (net_redex_file_append_batch_with(file, entries, count, &found, &first, &error) != 0) exit(failed(&error));
    printf("wrote %" PRIu64 " %d %d\n", first, writer, step);
    fflush(stdout);
  }
  return NULL;
}

static net_code show(net_error *error) {
  net_redex_event_list list;
  net_code code = net_redex_file_read_range_with(file, 0, run, &list, error);
  if (code != 0) return code;
  for (size_t i = 0; i < list.len; i++) {
    const net_redex_event *event = &list.items[i];
    if (event->skipped == 0) {
      printf("entry %" PRIu64 " %.*s\n", event->seq, (int)event->payload.len, (const char *)event->payload.data);
    } else {
      printf("skipped %" PRIu64 " %" PRIu64 "\n", event->seq, event->skipped);
    }
  }
  printf("next %" PRIu64 "\n", run);
  fflush(stdout);
  net_redex_event_list_free(&list);
  return 0;
}

int main(int argc, char **argv) {
  int writers = argc < 3 ? -1 : atoi(argv[2]);
  if (writers < 0 || writers > MOST_WRITERS || (argc > 3 && strcmp(argv[3], "lazy") != 0)) {
    fputs("usage: journal DIRECTORY WRITERS [lazy]\n", stderr);
    return 2;
  }
  // region open_file
  net_redex_file_config config = net_redex_file_config_init();
  config.persistent = true;
  config.has_fsync_every_n = argc == 3;
  config.fsync_every_n = 1;
  net_handle redex;
  net_error error;
  if (net_redex_below(net_str(argv[1]), &redex, &error) != 0) return failed(&error);
  if (net_redex_open_file_with(redex, net_str("journal"), &config, &file, &error) != 0) return failed(&error);
  if (net_redex_file_next_seq(file, &run, &error) != 0 || show(&error) != 0) return failed(&error);
  // endregion
  pthread_t threads[MOST_WRITERS];
  int numbers[MOST_WRITERS];
  for (int writer = 0; writer < writers; writer++) {
    numbers[writer] = writer;
    if (pthread_create(&threads[writer], NULL, write_entries, &numbers[writer]) != 0) return 2;
  }
  for (int writer = 0; writer < writers; writer++) pthread_join(threads[writer], NULL);
  net_queue *queue = net_queue_new();
  if (net_redex_file_close_wait(queue, file, &error) != 0) return failed(&error);
  net_queue_free(queue);
  net_handle_free(file);
  net_handle_free(redex);
  return 0;
}
