// Events in, events out.

#include <net_mesh/bus.h>
#include <stdio.h>

int main(void) {
  net_queue *queue = net_queue_new();
  net_handle node;
  net_poll_response page;

  // region quickstart
  net_net_node_config config = net_net_node_config_init();
  config.has_shards = true, config.shards = 4;
  if (net_net_node_create_wait(queue, &config, &node, NULL) != 0) return 1;
  net_net_node_emit(node, net_str("{\"token\":\"hello\",\"index\":0}"), net_none(), NULL, NULL);
  net_net_node_emit_raw(node, net_str("{\"token\": \"world\"}"), net_none(), NULL, NULL);
  net_net_node_flush_wait(queue, node, NULL);
  net_net_node_poll_wait(queue, node, NULL, &page, NULL);
  for (size_t i = 0; i < page.events.len; i++) puts((const char *)page.events.items[i].raw.data);
  net_net_node_shutdown_wait(queue, node, NULL, NULL);
  // endregion

  net_poll_response_free(&page);
  net_handle_free(node);
  net_queue_free(queue);
  return 0;
}
