// A plain test runner: each file has a table of tests, and `main.c` runs them all.

#ifndef NET_TEST_H
#define NET_TEST_H

#include <net_mesh/bus.h>
#include <net_mesh/control.h>
#include <net_mesh/echo.h>

typedef struct test {
  const char *name;
  void (*run)(void);
} test;

extern const test values_tests[];
extern const test records_tests[];
extern const test errors_tests[];
extern const test objects_tests[];
extern const test async_tests[];
extern const test hosts_tests[];
extern const test streams_tests[];
extern const test bus_tests[];
extern const test identity_tests[];
extern const test mesh_tests[];
extern const test redex_tests[];
extern const test cortex_tests[];
extern const test redis_tests[];
extern const test control_tests[];
extern const test forks_tests[];
extern const test hostile_tests[];
extern const test leaks_tests[];

// Tests that run in a process of their own only, by `test_in_child`.
extern const test control_children[];

// Notes a failure of the running test.
void test_failed(const char *file, int line, const char *text);

// Ends the running test if a condition does not hold.
#define CHECK(condition)                           \
  do {                                             \
    if (!(condition)) {                            \
      test_failed(__FILE__, __LINE__, #condition); \
      return;                                      \
    }                                              \
  } while (0)

// Whether bytes of a call are a text; releases them.
bool test_gave(net_bytes *bytes, const char *text);

// Whether a view is a text.
bool test_is(net_view view, const char *text);

// Whether an error has a message; releases it.
bool test_says(net_error *error, const char *message);

// What an operation has ended with: `test_done` is the function for it, this the context.
typedef struct outcome outcome;

outcome *outcome_new(void);
void test_done(void *ctx, uint64_t op, const net_error *error, net_view result);

// Waits for the end; the views belong to the outcome.
net_code outcome_wait(outcome *outcome);
net_view outcome_result(const outcome *outcome);
bool outcome_says(const outcome *outcome, const char *message);

// How often the end was heard.
int outcome_count(outcome *outcome);
void outcome_free(outcome *outcome);

// Runs a test of `control_children` in a new process, with `variable` ("NAME=value", or NULL for
// none) in its environment. What it prints to standard error is written to `errors`, if that is not
// NULL. False if the test failed.
bool test_in_child(const char *name, const char *variable, char *errors, size_t room);

// A record with something in each of its fields.
net_everything test_everything(void);

// A new box with a text.
net_handle test_box(const char *text);

#endif  // NET_TEST_H
