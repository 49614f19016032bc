// Waiting for an operation.

#ifndef NET_MESH_KERNEL_WAIT_H
#define NET_MESH_KERNEL_WAIT_H

#include <net_mesh_kernel/view.h>

// Waits on a queue for an operation's end, and writes its result or error as a synchronous call
// does.
//
// Without a queue there is nothing to wait on, which is the error `argument`.
//
// It is for programs that have one operation at a time on the queue: other events are released
// unseen.
static inline net_code net_wait(net_queue *queue,
                                uint64_t op,
                                net_bytes *result,
                                net_error *error) {
  net_event event;
  bool ended = false;
  memset(&event, 0, sizeof event);
  while (op != 0 && !ended) {
    net_event_free(&event);
    if (!net_queue_next(queue, -1, &event)) {
      break;
    }
    ended = event.type == NET_EVENT_COMPLETED && event.op == op;
  }
  if (!ended) {
    event.error.kind = queue == NULL ? 2 : 11;  // argument, forked
  }
  net_code code = NET_CODE(event.error.family, event.error.kind);
  if (result != NULL) {
    *result = event.payload;
    memset(&event.payload, 0, sizeof event.payload);
  }
  if (error != NULL) {
    *error = event.error;
    memset(&event.error, 0, sizeof event.error);
  }
  net_event_free(&event);
  return code;
}

#endif  // NET_MESH_KERNEL_WAIT_H
