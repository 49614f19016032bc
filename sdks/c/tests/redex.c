// Append-only files.

#include <ftw.h>
#include <net_mesh/redex.h>
#include <stdio.h>
#include <stdlib.h>

#include "test.h"

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *place) {
  (void)stat, (void)kind, (void)place;
  return remove(path);
}

static void a_file_outlasts_its_closing(void) {
  net_queue *queue = net_queue_new();
  char folder[] = "/tmp/net-redex-XXXXXX";
  CHECK(mkdtemp(folder) != NULL);
  net_redex_options options = net_redex_options_init();
  options.persistent_dir = net_str(folder);
  net_handle redex = 0;
  CHECK(net_redex_new_with(&options, &redex, NULL) == 0);
  net_redex_file_config config = net_redex_file_config_init();
  config.persistent = true;
  config.has_fsync_every_n = true;
  config.fsync_every_n = 1;
  net_handle file = 0;
  CHECK(net_redex_open_file_with(redex, net_str("a/b"), &config, &file, NULL) == 0);
  uint64_t seq = 9;
  CHECK(net_redex_file_append(file, net_str("one"), &seq, NULL) == 0 && seq == 0);
  CHECK(net_redex_file_append_async_wait(queue, file, net_str("two"), &seq, NULL) == 0 && seq == 1);
  CHECK(net_redex_file_close_wait(queue, file, NULL) == 0);
  CHECK(net_handle_free(file));
  CHECK(net_redex_open_file_with(redex, net_str("a/b"), &config, &file, NULL) == 0);
  net_handle tail = 0;
  CHECK(net_redex_file_tail(file, 1, &tail, NULL) == 0);
  CHECK(net_redex_file_append(file, net_str("three"), &seq, NULL) == 0 && seq == 2);
  const char *texts[] = {"two", "three"};
  for (uint64_t got = 0; got < 2; got++) {
    net_redex_event_list list;
    CHECK(net_redex_tail_iter_next_wait(queue, tail, 1, &list, NULL) == 0 && list.len == 1);
    CHECK(list.items[0].seq == got + 1 && test_is(list.items[0].payload, texts[got]));
    net_redex_event_list_free(&list);
  }
  CHECK(net_redex_file_close_wait(queue, file, NULL) == 0);
  CHECK(net_handle_free(tail) && net_handle_free(file) && net_handle_free(redex));
  net_queue_free(queue);
  CHECK(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
}

static void refusals_have_names(void) {
  net_handle redex = 0, file = 0;
  net_error error;
  CHECK(net_redex_new_with(NULL, &redex, NULL) == 0);
  CHECK(net_redex_open_file_with(redex, net_str("No"), NULL, &file, &error) != 0);
  CHECK(error.family == NET_FAMILY_REDEX && error.kind == NET_REDEX_INVALID_NAME);
  net_error_free(&error);
  net_redex_file_config config = net_redex_file_config_init();
  config.persistent = true;
  CHECK(net_redex_open_file_with(redex, net_str("a"), &config, &file, &error) != 0);
  CHECK(error.family == NET_FAMILY_REDEX && error.kind == NET_REDEX_NO_DIRECTORY);
  net_error_free(&error);
  CHECK(net_handle_free(redex));
}

const test redex_tests[] = {
    {"redex: a file outlasts its closing", a_file_outlasts_its_closing},
    {"redex: refusals have names", refusals_have_names},
    {NULL, NULL},
};
