// Tasks on disk: `tasks write FOLDER` makes one after the other and prints their ids until it is killed; `tasks read FOLDER` prints how
// many there are, and the last id.

#include <inttypes.h>
#include <net_mesh/netdb.h>
#include <stdio.h>

static int fail(net_error *error) {
  fprintf(stderr, "%.*s\n", (int)error->message.len, (const char *)error->message.data);
  net_error_free(error);
  return 1;
}

static int make(net_handle tasks) {
  net_error error;
  for (uint64_t id = 0;; id++) {
    net_write_receipt receipt;
    if (net_tasks_adapter_create_with(tasks, id, net_str("survive"), id, &receipt, &error) != 0) return fail(&error);
    net_write_receipt_free(&receipt);
    printf("%" PRIu64 "\n", id);
    fflush(stdout);
  }
}

static int tell(net_handle tasks) {
  net_error error;
  net_task_filter newest = net_task_filter_init();
  newest.order_by = NET_ORDER_BY_ID_DESC;
  newest.has_limit = true, newest.limit = 1;
  net_task_list list;
  uint32_t count = 0;
  if (net_tasks_adapter_count(tasks, &count, &error) != 0) return fail(&error);
  if (net_tasks_adapter_list_tasks_with(tasks, &newest, &list, &error) != 0) return fail(&error);
  printf("%" PRIu32 " %" PRIu64 "\n", count, list.len == 0 ? 0 : list.items[0].id);
  net_task_list_free(&list);
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  net_queue *queue = net_queue_new();
  // region net_db
  net_net_db_open_config config = net_net_db_open_config_init();
  config.origin_hash = 1;
  config.with_tasks = config.persistent = true;
  config.persistent_dir = net_str(argv[2]);
  net_handle db = 0, tasks = 0;
  net_error error;
  bool found = false;
  if (net_net_db_open_wait(queue, &config, &db, &error) != 0) return fail(&error);
  if (net_net_db_tasks(db, &found, &tasks, &error) != 0) return fail(&error);
  // endregion
  int status = strcmp(argv[1], "write") == 0 ? make(tasks) : tell(tasks);
  if (net_net_db_close_wait(queue, db, &error) != 0) return fail(&error);
  net_handle_free(tasks);
  net_handle_free(db);
  net_queue_free(queue);
  return status;
}
