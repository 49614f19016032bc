// The C testee of the conformance suite: it calls the SDK as requests say.

#include "flat.h"
#include "gen/dispatch.h"
#include "gen/wire.h"

static void reset(call *c) {
  while (*c->objects != NULL) {
    kept *last = *c->objects;
    *c->objects = last->next;
    net_handle_free(last->handle);
    free(last);
  }
  show_null(c);
}

static void answer(call *c) {
  if (c->op != NULL && strcmp(c->op, "reset") == 0) {
    reset(c);
  } else if (c->op == NULL || !(dispatch(c) || dispatch_wire(c))) {
    refuse(c, "the C SDK has no such operation");
  }
  const char *outcome = c->unsupported != NULL ? "unsupported\t=s:" : c->is_error ? "err" : "ok";
  printf("%s\t%s", c->id, outcome);
  if (c->unsupported != NULL) {
    printf("%s\n", c->unsupported);
  } else {
    fwrite(c->out.data, 1, c->out.len, stdout);
    printf("\n");
  }
  fflush(stdout);
}

int main(void) {
  net_queue *queue = net_queue_new();
  kept *objects = NULL;
  char *line = NULL;
  size_t size = 0;
  net_bytes sdk;
  net_version(&sdk, NULL);
  printf("hello\tlanguage=s:c\tspec_hash=s:%s\tsdk=s:%.*s\n",
         net_spec_hash(),
         (int)sdk.len,
         (const char *)sdk.data);
  net_bytes_free(&sdk);
  fflush(stdout);
  for (ssize_t len; (len = getline(&line, &size, stdin)) > 0;) {
    call c;
    memset(&c, 0, sizeof c);
    c.queue = queue;
    c.objects = &objects;
    parse(&c, line, (size_t)len);
    answer(&c);
    net_writer_free(&c.out);
    net_owner_free(c.memory.blocks);
  }
  free(line);
  net_queue_free(queue);
  return 0;
}
