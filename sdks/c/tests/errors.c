// Errors: codes, families, fields, and panics.

#include "test.h"

static void errors_have_family_kind_message_and_detail(void) {
  net_error error;
  net_code code = net_fail(net_str("busy"), net_none(), &error);
  CHECK(code == NET_CODE(NET_FAMILY_ECHO, NET_ECHO_BUSY) && error.retry);
  CHECK(test_is(error.detail, "try again"));
  CHECK(test_says(&error, "echo: busy: try again"));
}

static void an_argument_with_a_default_may_be_left_out(void) {
  net_error error;
  net_fail(net_str("odd"), net_none(), &error);
  CHECK(test_says(&error, "echo: odd text: asked"));
  net_fail(net_str("odd"), net_str("given"), &error);
  CHECK(test_says(&error, "echo: odd text: given"));
}

static void fields_of_errors_are_typed(void) {
  net_echo_rejected_fields rejected;
  net_echo_too_large_fields large;
  net_error error;
  net_fail(net_str("rejected"), net_str("because"), &error);
  CHECK(net_echo_rejected_fields_unpack(&error, &rejected));
  CHECK(rejected.number == 7 && test_is(rejected.reason, "because"));
  CHECK(!net_echo_too_large_fields_unpack(&error, &large));
  net_error_free(&error);
  net_fail(net_str("too_large"), net_str("x"), &error);
  CHECK(net_echo_too_large_fields_unpack(&error, &large));
  CHECK(large.size == 4097 && large.has_limit && large.limit == 4096);
  net_error_free(&error);
}

static void each_kind_has_its_code(void) {
  static const struct {
    const char *kind;
    net_code code;
  } kinds[] = {
      {"rejected", NET_CODE(NET_FAMILY_ECHO, NET_ECHO_REJECTED)},
      {"too-large", NET_CODE(NET_FAMILY_ECHO, NET_ECHO_TOO_LARGE)},
      {"busy", NET_CODE(NET_FAMILY_ECHO, NET_ECHO_BUSY)},
      {"odd text", NET_CODE(NET_FAMILY_ECHO, NET_ECHO_ODD)},
      {"status", NET_CODE(NET_FAMILY_ECHO, NET_ECHO_STATUS)},
      {"bad-frame", NET_CODE(NET_FAMILY_ECHO, NET_ECHO_BAD_FRAME)},
      {"missing", NET_CODE(NET_FAMILY_ECHO_PART, NET_ECHO_PART_MISSING)},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    CHECK(net_fail(net_str(kinds[i].kind), net_none(), NULL) == kinds[i].code);
  }
}

static void a_family_may_be_part_of_another(void) {
  net_error error;
  net_fail(net_str("part"), net_str("wheel"), &error);
  CHECK(error.family == NET_FAMILY_ECHO_PART && error.kind == NET_ECHO_PART_MISSING);
  CHECK(net_error_is(&error, NET_FAMILY_ECHO_PART) && net_error_is(&error, NET_FAMILY_ECHO));
  CHECK(!net_error_is(&error, NET_FAMILY_BUS) && !net_error_is(&error, NET_FAMILY_BASE));
  CHECK(test_says(&error, "echo: part: missing: wheel"));
}

static void no_error_is_of_no_family(void) {
  net_error error;
  CHECK(net_echo_u32(1, NULL, &error) == 0);
  CHECK(error.kind == 0 && error.owner == NULL && !net_error_is(&error, NET_FAMILY_BASE));
  net_error_free(&error);
}

static void errors_may_be_freed_twice_or_not_asked_for(void) {
  net_error error;
  CHECK(net_fail(net_str("busy"), net_none(), NULL) != 0);
  net_fail(net_str("busy"), net_none(), &error);
  net_error_free(&error);
  net_error_free(&error);
  net_error_free(NULL);
  CHECK(error.message.data == NULL);
}

static void errors_go_back_into_the_library(void) {
  net_error error;
  net_bytes text;
  net_fail(net_str("too_large"), net_str("x"), &error);
  net_code code = net_describe_error_with(&error, &text, NULL);
  net_error_free(&error);
  CHECK(code == 0);
  CHECK(test_gave(&text, "echo/too-large: echo: too-large: 4097 bytes, the limit is 4096"));
}

static void a_panic_is_an_internal_error(void) {
  net_error error;
  CHECK(net_panic_now(&error) == NET_CODE(NET_FAMILY_BASE, NET_BASE_INTERNAL));
  bool has_place = strstr((const char *)error.message.data, "asked to panic") != NULL;
  net_error_free(&error);
  CHECK(has_place);
  outcome *told = outcome_new();
  net_panic_later(test_done, told);
  net_code code = outcome_wait(told);
  outcome_free(told);
  CHECK(code == NET_CODE(NET_FAMILY_BASE, NET_BASE_INTERNAL));
}

const test errors_tests[] = {
    {"errors: errors have family, kind, message and detail",
     errors_have_family_kind_message_and_detail},
    {"errors: an argument with a default may be left out",
     an_argument_with_a_default_may_be_left_out},
    {"errors: fields of errors are typed", fields_of_errors_are_typed},
    {"errors: each kind has its code", each_kind_has_its_code},
    {"errors: a family may be part of another", a_family_may_be_part_of_another},
    {"errors: no error is of no family", no_error_is_of_no_family},
    {"errors: errors may be freed twice or not asked for",
     errors_may_be_freed_twice_or_not_asked_for},
    {"errors: errors go back into the library", errors_go_back_into_the_library},
    {"errors: a panic is an internal error", a_panic_is_an_internal_error},
    {NULL, NULL},
};
