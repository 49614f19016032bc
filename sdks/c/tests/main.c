// Runs every test, or those whose names contain the first argument.

#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

// Freed memory is not kept for long, so that growth of the process tells of leaks.
#ifdef __cplusplus
extern "C"
#endif
const char *__asan_default_options(void);

const char *__asan_default_options(void) {
  return "quarantine_size_mb=1:malloc_context_size=4:detect_stack_use_after_return=0";
}

static int failures;

void test_failed(const char *file, int line, const char *text) {
  printf("  %s:%d: %s\n", file, line, text);
  failures++;
}

bool test_is(net_view view, const char *text) {
  return view.data != NULL && net_view_equal(view, net_str(text));
}

bool test_gave(net_bytes *bytes, const char *text) {
  bool same = test_is(net_bytes_view(bytes), text);
  if (!same) {
    printf("  gave `%.*s`\n", (int)bytes->len, (const char *)bytes->data);
  }
  net_bytes_free(bytes);
  return same;
}

bool test_says(net_error *error, const char *message) {
  bool same = test_is(error->message, message);
  if (!same) {
    printf("  says `%.*s`\n", (int)error->message.len, (const char *)error->message.data);
  }
  net_error_free(error);
  return same;
}

struct outcome {
  pthread_mutex_t lock;
  pthread_cond_t ended;
  int count;
  net_code code;
  char *message;
  uint8_t *result;
  size_t len;
};

outcome *outcome_new(void) {
  outcome *made = (outcome *)calloc(1, sizeof *made);
  pthread_mutex_init(&made->lock, NULL);
  pthread_cond_init(&made->ended, NULL);
  return made;
}

void test_done(void *ctx, uint64_t op, const net_error *error, net_view result) {
  outcome *told = (outcome *)ctx;
  (void)op;
  pthread_mutex_lock(&told->lock);
  if (told->count++ == 0 && error != NULL) {
    told->code = NET_CODE(error->family, error->kind);
    told->message = (char *)calloc(1, error->message.len + 1);
    memcpy(told->message, error->message.data, error->message.len);
  } else if (told->count == 1) {
    told->len = result.len;
    told->result = (uint8_t *)calloc(1, result.len + 1);
    memcpy(told->result, result.data, result.len);
  }
  pthread_cond_signal(&told->ended);
  pthread_mutex_unlock(&told->lock);
}

net_code outcome_wait(outcome *outcome) {
  pthread_mutex_lock(&outcome->lock);
  while (outcome->count == 0) {
    pthread_cond_wait(&outcome->ended, &outcome->lock);
  }
  pthread_mutex_unlock(&outcome->lock);
  return outcome->code;
}

net_view outcome_result(const outcome *outcome) {
  return net_view_of(outcome->result, outcome->len);
}

bool outcome_says(const outcome *outcome, const char *message) {
  bool same = outcome->message != NULL && strcmp(outcome->message, message) == 0;
  if (!same) {
    printf("  says `%s`\n", outcome->message == NULL ? "nothing" : outcome->message);
  }
  return same;
}

int outcome_count(outcome *outcome) {
  pthread_mutex_lock(&outcome->lock);
  int count = outcome->count;
  pthread_mutex_unlock(&outcome->lock);
  return count;
}

void outcome_free(outcome *outcome) {
  pthread_mutex_destroy(&outcome->lock);
  pthread_cond_destroy(&outcome->ended);
  free(outcome->message);
  free(outcome->result);
  free(outcome);
}

net_handle test_box(const char *text) {
  net_handle box = 0;
  net_echo_box_new(net_str(text), &box, NULL);
  return box;
}

bool test_in_child(const char *name, const char *variable, char *errors, size_t room) {
  int ends[2];
  fflush(stdout);
  if (pipe(ends) != 0) {
    return false;
  }
  pid_t child = fork();
  if (child == 0) {
    char copy[128] = "";
    if (variable != NULL) {
      snprintf(copy, sizeof copy, "%s", variable);
      putenv(copy);
    }
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    execl("/proc/self/exe", "tests", "--child", name, (char *)NULL);
    _exit(127);
  }
  close(ends[1]);
  size_t len = 0;
  char rest[256];
  for (;;) {
    bool fits = errors != NULL && len + 1 < room;
    ssize_t count = fits ? read(ends[0], errors + len, room - len - 1) : read(ends[0], rest, sizeof rest);
    if (count <= 0) {
      break;
    }
    len += fits ? (size_t)count : 0;
  }
  if (errors != NULL) {
    errors[len] = 0;
  }
  close(ends[0]);
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

// Runs one test of `control_children`.
static int run_child(const char *name) {
  for (const test *each = control_children; each->name != NULL; each++) {
    if (strcmp(each->name, name) == 0) {
      each->run();
      return failures;
    }
  }
  return 1;
}

int main(int argc, char **argv) {
  static const test *const tables[] = {
      values_tests,
      records_tests,
      errors_tests,
      objects_tests,
      async_tests,
      hosts_tests,
      streams_tests,
      bus_tests,
      identity_tests,
      mesh_tests,
      redex_tests,
      cortex_tests,
      redis_tests,
      control_tests,
      forks_tests,
      hostile_tests,
#ifndef __cplusplus
      // What leaks in one language leaks in the other; the long loop runs once.
      leaks_tests,
#endif
  };
  if (argc == 3 && strcmp(argv[1], "--child") == 0) {
    return run_child(argv[2]);
  }
  const char *filter = argc > 1 ? argv[1] : "";
  int passed = 0;
  int failed = 0;
  for (size_t table = 0; table < sizeof tables / sizeof *tables; table++) {
    for (const test *each = tables[table]; each->name != NULL; each++) {
      if (strstr(each->name, filter) == NULL) {
        continue;
      }
      failures = 0;
      each->run();
      if (failures == 0) {
        passed++;
      } else {
        failed++;
        printf("FAILED %s\n", each->name);
      }
      fflush(stdout);
    }
  }
  printf("%d passed, %d failed\n", passed, failed);
  fflush(stdout);
  return failed == 0 ? 0 : 1;
}
