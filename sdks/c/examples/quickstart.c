// Emits two events on a bus of its own and reads them back.

#include <net_mesh/bus.h>
#include <stdio.h>

int main(void) {
  net_queue *queue = net_queue_new();
  net_error error;
  net_handle node;
  if (net_net_node_new(net_none(), &node, &error) != 0) {
    fprintf(stderr, "%s\n", (const char *)error.message.data);
    return 1;
  }
  net_net_node_emit_raw(node, net_str("{\"lamp\":1,\"on\":true}"), net_str("lamps"), NULL, NULL);
  net_net_node_emit_raw(node, net_str("{\"lamp\":2,\"on\":false}"), net_str("lamps"), NULL, NULL);

  net_poll_request request = net_poll_request_init();
  net_poll_response page;
  net_bytes result;
  uint64_t op = net_net_node_poll_with(node, &request, net_queue_done, queue);
  if (net_wait(queue, op, &result, NULL) == 0 &&
      net_net_node_poll_result(net_bytes_view(&result), &page)) {
    for (size_t i = 0; i < page.events.len; i++) {
      printf("%s\n", (const char *)page.events.items[i].raw.data);
    }
    net_poll_response_free(&page);
  }
  net_bytes_free(&result);
  net_handle_free(node);
  net_queue_free(queue);
  return 0;
}
