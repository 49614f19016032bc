// The C testee of the conformance suite: it calls the SDK as requests say.

#include "flat.h"
#include "gen/dispatch.h"
#include "gen/surface.h"
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

// Tells what the headers declare and the shared library exports.
static void surface(call *c, const char *path) {
  void *library = path == NULL ? NULL : dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    refuse(c, "the shared library cannot be loaded");
    return;
  }
  size_t before = enter(c, net_str("c"));
  list_surface(c, library);
  leave(c, before);
  dlclose(library);
}

// Makes a call again and again, and what is to be made after it; then tells the time.
static bool time_call(call *c) {
  bool found = dispatch(c);
  const node *then = member(member(&c->root, "args"), "then");
  if (given(then) && c->unsupported == NULL && !c->is_error) {
    char op[128];
    snprintf(op, sizeof op, "call:%s", then->text);
    c->chosen = NULL;
    c->op = op;
    found = dispatch(c);
    c->out.len = 0;
  }
  if (!c->is_error) {
    show_clock(c);
  }
  return found;
}

static void answer(call *c, const char *library) {
  if (c->op != NULL && strcmp(c->op, "reset") == 0) {
    reset(c);
  } else if (c->op != NULL && strcmp(c->op, "surface") == 0) {
    surface(c, library);
  } else if (c->op != NULL && strncmp(c->op, "time:", 5) == 0) {
    if (!time_call(c)) {
      refuse(c, "this is not timed");
    }
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

// Ends a request: its memory is given back, unless the library may still call what is in it.
static void end(call *c, call **earlier) {
  net_writer_free(&c->out);
  if (c->is_kept) {
    c->earlier = *earlier;
    *earlier = c;
    return;
  }
  net_owner_free(c->memory.blocks);
  free(c->line);
  free(c);
}

int main(int count, char **args) {
  net_queue *queue = net_queue_new();
  kept *objects = NULL;
  // Found from here, so that what is kept is no leak.
  static call *earlier = NULL;
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
  for (ssize_t len; (len = getline(&line, &size, stdin)) > 0; line = NULL, size = 0) {
    call *c = (call *)calloc(1, sizeof *c);
    if (c == NULL) {
      abort();
    }
    c->queue = queue;
    c->objects = &objects;
    c->line = line;
    parse(c, line, (size_t)len);
    answer(c, count > 1 ? args[1] : NULL);
    end(c, &earlier);
  }
  free(line);
  net_queue_free(queue);
  return 0;
}
