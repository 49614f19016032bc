// Tasks and memories.

#include <net_mesh/cortex.h>
#include <net_mesh/netdb.h>

#include "test.h"

static void tasks_are_listed_watched_and_saved(void) {
  net_queue *queue = net_queue_new();
  net_handle redex = 0, tasks = 0;
  CHECK(net_redex_new_with(NULL, &redex, NULL) == 0);
  CHECK(net_tasks_adapter_open_wait(queue, redex, 7, NULL, &tasks, NULL) == 0);
  net_write_receipt receipt;
  CHECK(net_tasks_adapter_create_with(tasks, 1, net_str("write docs"), 100, &receipt, NULL) == 0);
  CHECK(receipt.seq == 0 && receipt.token.origin_hash == 7 && receipt.token.seq == 0);
  CHECK(net_tasks_adapter_wait_for_token_wait(queue, tasks, &receipt.token, 60000, NULL) == 0);
  net_write_receipt_free(&receipt);
  net_task_filter filter = net_task_filter_init();
  filter.has_status = true;
  filter.status = NET_TASK_STATUS_PENDING;
  net_tasks_snapshot_and_watch both;
  CHECK(net_tasks_adapter_snapshot_and_watch_wait(queue, tasks, &filter, &both, NULL) == 0);
  CHECK(both.snapshot.len == 1 && test_is(both.snapshot.items[0].title, "write docs"));
  net_handle updates = both.updates;
  net_tasks_snapshot_and_watch_free(&both);
  CHECK(net_tasks_adapter_complete_with(tasks, 1, 101, &receipt, NULL) == 0 && receipt.seq == 1);
  net_write_receipt_free(&receipt);
  net_task_list_list lists;
  CHECK(net_task_watch_iter_next_wait(queue, updates, 1, &lists, NULL) == 0);
  CHECK(lists.len == 1 && lists.items[0].len == 0);
  net_task_list_list_free(&lists);
  net_cortex_snapshot saved;
  CHECK(net_tasks_adapter_snapshot_with(tasks, &saved, NULL) == 0);
  CHECK(saved.has_last_seq && saved.last_seq == 1);
  net_handle other = 0, restored = 0;
  CHECK(net_redex_new_with(NULL, &other, NULL) == 0);
  CHECK(net_tasks_adapter_open_from_snapshot_wait(queue, other, 7, &saved, NULL, &restored, NULL) == 0);
  net_cortex_snapshot_free(&saved);
  net_task_list list;
  CHECK(net_tasks_adapter_list_tasks_with(restored, NULL, &list, NULL) == 0);
  CHECK(list.len == 1 && list.items[0].status == NET_TASK_STATUS_COMPLETED && list.items[0].updated_ns == 101);
  net_task_list_free(&list);
  CHECK(net_tasks_adapter_close_wait(queue, tasks, NULL) == 0);
  CHECK(net_task_watch_iter_next_wait(queue, updates, 1, &lists, NULL) == 0 && lists.len == 0);
  net_task_list_list_free(&lists);
  CHECK(net_handle_free(updates) && net_handle_free(restored) && net_handle_free(other));
  CHECK(net_handle_free(tasks) && net_handle_free(redex));
  net_queue_free(queue);
}

static void memories_are_found_by_their_tags(void) {
  net_queue *queue = net_queue_new();
  net_handle redex = 0, memories = 0;
  CHECK(net_redex_new_with(NULL, &redex, NULL) == 0);
  CHECK(net_memories_adapter_open_wait(queue, redex, 7, NULL, &memories, NULL) == 0);
  net_view tags[] = {net_str("home"), net_str("door")};
  net_write_receipt receipt;
  CHECK(net_memories_adapter_store_with(
            memories, 1, net_str("it is blue"), tags, 2, net_str("me"), 1, &receipt, NULL) == 0);
  CHECK(net_memories_adapter_wait_for_seq_wait(queue, memories, receipt.seq, false, 0, NULL) == 0);
  net_write_receipt_free(&receipt);
  net_memory_filter filter = net_memory_filter_init();
  filter.tag = net_str("door");
  net_memory_list list;
  CHECK(net_memories_adapter_list_memories_with(memories, &filter, &list, NULL) == 0);
  CHECK(list.len == 1 && list.items[0].tags.len == 2 && test_is(list.items[0].content, "it is blue"));
  net_memory_list_free(&list);
  net_error error;
  CHECK(net_memories_adapter_wait_for_seq_wait(queue, memories, 9, true, 1, &error) != 0);
  CHECK(error.family == NET_FAMILY_CORTEX && error.kind == NET_CORTEX_TIMEOUT);
  net_error_free(&error);
  CHECK(net_memories_adapter_close_wait(queue, memories, NULL) == 0);
  CHECK(net_handle_free(memories) && net_handle_free(redex));
  net_queue_free(queue);
}

static void both_states_are_saved_together(void) {
  net_queue *queue = net_queue_new();
  net_net_db_open_config config = net_net_db_open_config_init();
  config.origin_hash = 7;
  config.with_tasks = true;
  net_handle db = 0, tasks = 0, again = 0;
  CHECK(net_net_db_open_wait(queue, &config, &db, NULL) == 0);
  bool found = false;
  CHECK(net_net_db_memories(db, &found, &tasks, NULL) == 0 && !found);
  CHECK(net_net_db_tasks(db, &found, &tasks, NULL) == 0 && found);
  net_write_receipt receipt;
  CHECK(net_tasks_adapter_create_with(tasks, 1, net_str("a"), 1, &receipt, NULL) == 0);
  net_write_receipt_free(&receipt);
  CHECK(net_tasks_adapter_wait_for_seq_wait(queue, tasks, 0, false, 0, NULL) == 0);
  net_net_db_bundle bundle;
  CHECK(net_net_db_snapshot_with(db, &bundle, NULL) == 0);
  CHECK(net_net_db_close_wait(queue, db, NULL) == 0);
  CHECK(net_handle_free(tasks) && net_handle_free(db));
  CHECK(net_net_db_open_from_snapshot_wait(queue, &config, &bundle, &again, NULL) == 0);
  CHECK(net_net_db_tasks(again, &found, &tasks, NULL) == 0 && found);
  uint32_t count = 0;
  CHECK(net_tasks_adapter_count(tasks, &count, NULL) == 0 && count == 1);
  CHECK(net_handle_free(tasks) && net_handle_free(again));
  config.with_memories = true;
  net_error error;
  CHECK(net_net_db_open_from_snapshot_wait(queue, &config, &bundle, &again, &error) != 0);
  CHECK(error.family == NET_FAMILY_NET_DB && error.kind == NET_NET_DB_MISSING_MODEL);
  net_error_free(&error);
  net_net_db_bundle_free(&bundle);
  net_queue_free(queue);
}

// Adds the first bytes of events up; an empty one it refuses.
typedef struct sum {
  unsigned total;
} sum;

static void sum_apply(void *ctx, uint64_t reply, const net_redex_event_list *events) {
  sum *own = (sum *)ctx;
  for (size_t i = 0; i < events->len; i++) {
    if (events->items[i].payload.len == 0) {
      net_reply_error(reply, NET_FAMILY_BASE, NET_BASE_HOST_THREW, net_str("nothing to add"), net_none());
      return;
    }
    own->total += events->items[i].payload.data[0];
  }
  net_state_fold_apply_reply(reply);
}

static void sum_snapshot(void *ctx, uint64_t reply) {
  net_view state = {(const uint8_t *)&((sum *)ctx)->total, sizeof(unsigned)};
  net_state_fold_snapshot_reply(reply, state);
}

static void sum_restore(void *ctx, uint64_t reply, net_view state) {
  memcpy(&((sum *)ctx)->total, state.data, sizeof(unsigned));
  net_state_fold_restore_reply(reply);
}

static net_state_fold fold_of(sum *own) {
  net_state_fold fold;
  memset(&fold, 0, sizeof fold);
  fold.ctx = own;
  fold.apply = sum_apply;
  fold.snapshot = sum_snapshot;
  fold.restore = sum_restore;
  return fold;
}

static void a_program_folds_a_file(void) {
  // The library may hold them until the process ends.
  static sum own, other;
  net_queue *queue = net_queue_new();
  net_handle redex = 0, file = 0, state = 0, restored = 0;
  CHECK(net_redex_new_with(NULL, &redex, NULL) == 0);
  CHECK(net_redex_open_file_with(redex, net_str("a"), NULL, &file, NULL) == 0);
  uint64_t seq = 9;
  CHECK(net_redex_file_append(file, net_str("a"), &seq, NULL) == 0);
  net_state_fold fold = fold_of(&own), again = fold_of(&other);
  CHECK(net_fold_adapter_open_wait(queue, redex, net_str("a"), &fold, NULL, &state, NULL) == 0);
  CHECK(net_redex_file_append(file, net_str("b"), &seq, NULL) == 0);
  CHECK(net_fold_adapter_wait_for_seq_wait(queue, state, seq, false, 0, NULL) == 0);
  CHECK(own.total == 'a' + 'b');
  net_cortex_snapshot saved;
  CHECK(net_fold_adapter_snapshot_wait(queue, state, &saved, NULL) == 0);
  CHECK(net_fold_adapter_open_from_snapshot_wait(
            queue, redex, net_str("c"), &again, &saved, NULL, &restored, NULL) == 0);
  CHECK(other.total == 'a' + 'b');
  net_cortex_snapshot_free(&saved);
  CHECK(net_redex_file_append(file, net_str(""), &seq, NULL) == 0);
  net_error error;
  CHECK(net_fold_adapter_wait_for_seq_wait(queue, state, seq, false, 0, &error) != 0);
  CHECK(error.family == NET_FAMILY_CORTEX && error.kind == NET_CORTEX_FOLD_FAILED);
  net_error_free(&error);
  CHECK(net_redex_file_append(file, net_str("c"), &seq, NULL) == 0 && seq == 3);
  CHECK(net_fold_adapter_close_wait(queue, state, NULL) == 0);
  CHECK(net_fold_adapter_close_wait(queue, restored, NULL) == 0);
  CHECK(net_handle_free(state) && net_handle_free(restored) && net_handle_free(file));
  CHECK(net_handle_free(redex));
  net_queue_free(queue);
}

const test cortex_tests[] = {
    {"cortex: tasks are listed, watched and saved", tasks_are_listed_watched_and_saved},
    {"cortex: memories are found by their tags", memories_are_found_by_their_tags},
    {"cortex: both states are saved together", both_states_are_saved_together},
    {"cortex: a program folds a file", a_program_folds_a_file},
    {NULL, NULL},
};
