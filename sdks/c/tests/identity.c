// Identities, permission tokens and the dedup helper.

#include <net_mesh/dedup.h>
#include <net_mesh/identity.h>
#include <net_mesh/identity_wire.h>

#include "test.h"

static net_handle identity_of(uint8_t byte) {
  uint8_t seed[32];
  net_handle identity = 0;
  memset(seed, byte, sizeof seed);
  net_view view = {seed, sizeof seed};
  net_identity_from_seed(view, &identity, NULL);
  return identity;
}

static net_handle issue(net_handle issuer, net_view subject, net_token_scope scope) {
  net_issue_token_options options = net_issue_token_options_init();
  net_handle token = 0;
  options.subject = subject;
  options.scope = scope;
  options.channel = net_str("sensors/temp");
  options.ttl_secs = 300;
  net_identity_issue_token_with(issuer, &options, &token, NULL);
  return token;
}

static void a_seed_keeps_its_ids(void) {
  net_handle identity = identity_of(0x42);
  uint64_t id = 0;
  CHECK(net_identity_node_id(identity, &id, NULL) == 0 && id == UINT64_C(13984162817992751213));
  CHECK(net_identity_origin_hash(identity, &id, NULL) == 0);
  CHECK(id == UINT64_C(13934920157995351524));
  CHECK(net_handle_free(identity));
  net_error error;
  CHECK(net_identity_from_seed(net_str("short"), &identity, &error) != 0);
  CHECK(error.family == NET_FAMILY_IDENTITY && error.kind == NET_IDENTITY_INVALID_SEED);
  CHECK(test_says(&error, "identity: seed must be 32 bytes, got 5"));
}

static void a_token_opens_what_its_trusted_issuer_permits(void) {
  net_handle issuer = identity_of(1);
  net_handle subject = identity_of(2);
  net_bytes issuer_id;
  net_bytes subject_id;
  net_error error;
  bool genuine = false;
  CHECK(net_identity_entity_id(issuer, &issuer_id, NULL) == 0);
  CHECK(net_identity_entity_id(subject, &subject_id, NULL) == 0);
  net_handle token = issue(issuer, net_bytes_view(&subject_id), NET_TOKEN_SCOPE_SUBSCRIBE);
  CHECK(token != 0 && net_token_verify(token, &genuine, NULL) == 0 && genuine);
  net_view trusted = net_bytes_view(&issuer_id);
  net_authorize_options asked = net_authorize_options_init();
  asked.trusted_issuers.items = &trusted;
  asked.trusted_issuers.len = 1;
  asked.subject = net_bytes_view(&subject_id);
  asked.scope = NET_TOKEN_SCOPE_SUBSCRIBE;
  asked.channel = net_str("sensors/temp");
  CHECK(net_authorize_with(&token, 1, &asked, NULL) == 0);
  trusted = net_bytes_view(&subject_id);
  CHECK(net_authorize_with(&token, 1, &asked, &error) != 0);
  CHECK(error.family == NET_FAMILY_TOKEN && error.kind == NET_TOKEN_NOT_AUTHORIZED);
  CHECK(test_says(&error, "token: not_authorized: link 0: its issuer is not trusted"));
  net_bytes_free(&issuer_id);
  net_bytes_free(&subject_id);
  CHECK(net_handle_free(token) && net_handle_free(subject) && net_handle_free(issuer));
}

static void an_encoded_token_has_169_bytes(void) {
  net_handle issuer = identity_of(1);
  net_bytes id;
  net_bytes encoded;
  bool genuine = false;
  CHECK(net_identity_entity_id(issuer, &id, NULL) == 0);
  net_handle token = issue(issuer, net_bytes_view(&id), NET_TOKEN_SCOPE_ADMIN);
  CHECK(net_token_bytes(token, &encoded, NULL) == 0 && encoded.len == NET_TOKEN_SIZE);
  CHECK(net_verify_token(net_bytes_view(&encoded), &genuine, NULL) == 0 && genuine);
  net_bytes_free(&encoded);
  net_bytes_free(&id);
  CHECK(net_handle_free(token) && net_handle_free(issuer));
}

static void dedup_remembers_the_ids_that_were_asked_for_last(void) {
  static const char *const ids[] = {"a", "b", "a", "c", "b"};
  static const bool known[] = {false, false, true, false, false};
  net_handle dedup = 0;
  CHECK(net_redis_stream_dedup_new(2, &dedup, NULL) == 0);
  for (size_t at = 0; at < sizeof ids / sizeof *ids; at++) {
    bool duplicate = !known[at];
    CHECK(net_redis_stream_dedup_is_duplicate(dedup, net_str(ids[at]), &duplicate, NULL) == 0);
    CHECK(duplicate == known[at]);
  }
  CHECK(net_handle_free(dedup));
}

const test identity_tests[] = {
    {"identity: a seed keeps its ids", a_seed_keeps_its_ids},
    {"identity: a token opens what its trusted issuer permits",
     a_token_opens_what_its_trusted_issuer_permits},
    {"identity: an encoded token has 169 bytes", an_encoded_token_has_169_bytes},
    {"dedup: remembers the ids that were asked for last",
     dedup_remembers_the_ids_that_were_asked_for_last},
    {NULL, NULL},
};
