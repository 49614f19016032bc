// Objects of the testee that the library calls.

#ifndef TESTEE_HOST_H
#define TESTEE_HOST_H

#include "collections.h"

// An object of the program that answers as the request says.
typedef struct host {
  call *c;
  const node *value;
} host;

// An object that answers as a value says. The library may call it when the request has ended, whose
// memory is kept for that.
static inline const host *host_of(call *c, const node *value) {
  host *made = (host *)room(c, sizeof *made);
  made->c = c;
  made->value = value;
  c->is_kept = true;
  return made;
}

// What a method answers.
static inline const node *answer_of(const host *own, const char *method) {
  const node *found = member(own->value, method);
  return found == NULL ? own->value : found;
}

// Whether a method answers with its argument of a name.
static inline bool gives_back(const node *answer, const char *name) {
  const node *arg = member(answer, "arg");
  return arg != NULL && strcmp(arg->text, name) == 0;
}

// Answers a call with the error of the request, if it has one; generated.
static inline bool throws(call *c, const node *answer, uint64_t reply);

#endif  // TESTEE_HOST_H
