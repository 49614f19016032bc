// Packs of an enemy: none is read beyond its end, and each that is wrong is a typed error.

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

#define DECODE NET_CODE(NET_FAMILY_BASE, NET_BASE_CODEC_DECODE)

// Room whose last byte is followed by a page that nobody may touch.
typedef struct cliff {
  uint8_t *pages;
  size_t page;
} cliff;

static cliff cliff_new(void) {
  cliff made = {NULL, (size_t)sysconf(_SC_PAGESIZE)};
  void *pages = mmap(NULL, 2 * made.page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  made.pages = pages == MAP_FAILED ? NULL : (uint8_t *)pages;
  if (made.pages != NULL) {
    mprotect(made.pages + made.page, made.page, PROT_NONE);
  }
  return made;
}

// A copy of some bytes that ends where the page does.
static net_view cliff_view(const cliff *cliff, const void *data, size_t len) {
  uint8_t *at = cliff->pages + cliff->page - len;
  memcpy(at, data, len);
  return net_view_of(at, len);
}

static void cliff_free(cliff *cliff) {
  munmap(cliff->pages, 2 * cliff->page);
}

// What the library makes of a pack for one of its functions.
typedef net_code (*taker)(net_view pack, net_error *error);

static net_code take_label(net_view pack, net_error *error) {
  return net_echo_optional(false, 0, net_none(), pack, NULL, NULL, error);
}

static net_code take_shape(net_view pack, net_error *error) {
  return net_echo_shape(pack, NULL, error);
}

static net_code take_tree(net_view pack, net_error *error) {
  return net_echo_tree(pack, NULL, error);
}

static net_code take_texts(net_view pack, net_error *error) {
  return net_echo_list(pack, NULL, error);
}

static net_code take_map(net_view pack, net_error *error) {
  return net_echo_map(pack, NULL, error);
}

static net_code take_boxes(net_view pack, net_error *error) {
  return net_echo_box_merged(pack, NULL, error);
}

static net_code take_error(net_view pack, net_error *error) {
  return net_describe_error(pack, NULL, error);
}

// A pack in hex, and what the library says of it.
typedef struct attempt {
  taker take;
  const char *hex;
  const char *says;
} attempt;

static net_view unhex(const cliff *cliff, const char *hex) {
  uint8_t bytes[256];
  size_t len = strlen(hex) / 2;
  for (size_t i = 0; i < len; i++) {
    unsigned byte = 0;
    sscanf(hex + 2 * i, "%2x", &byte);
    bytes[i] = (uint8_t)byte;
  }
  return cliff_view(cliff, bytes, len);
}

static void fields_that_are_not_there_or_not_known_do_no_harm(void) {
  cliff cliff = cliff_new();
  CHECK(cliff.pages != NULL);
  CHECK(take_label(unhex(&cliff, "01020000000161"), NULL) == 0);
  CHECK(take_label(unhex(&cliff, "050600000001610799aabb"), NULL) == 0);
  cliff_free(&cliff);
}

static void malformed_packs_are_typed_errors(void) {
  static const attempt attempts[] = {
      // A record is its count of fields, the length of its body, and the fields.
      {take_label, "", "codec_decode: label: at offset 0: 1 bytes wanted, 0 left"},
      {take_label, "01", "codec_decode: label: at offset 1: 4 bytes wanted, 0 left"},
      {take_label, "0102000000", "codec_decode: label: at offset 5: 2 bytes wanted, 0 left"},
      {take_label,
       "01ffffffff0161",
       "codec_decode: label: at offset 5: 4294967295 bytes wanted, 2 left"},
      {take_label,
       "0000000000",
       "codec_decode: label: at offset 5: the record ends before a field without default"},
      {take_label,
       "0102000000ff61",
       "codec_decode: label: at offset 5: the count 12543 exceeds the 0 bytes left"},
      {take_label, "010200000001ff", "codec_decode: label: at offset 5: the string is not UTF-8"},
      {take_label, "0203000000016103", "codec_decode: label: at offset 8: unknown tag of color"},
      {take_label, "0102000000016100", "codec_decode: label: at offset 7: 1 bytes too many"},
      // Lists and maps begin with their count.
      {take_texts,
       "ffffffffffffffffff01",
       "codec_decode: values: at offset 0: the count 18446744073709551615 exceeds the 0 bytes left"},
      {take_texts,
       "ffffffffffffffffffff01",
       "codec_decode: values: at offset 0: the number exceeds 64 bits"},
      {take_texts,
       "05",
       "codec_decode: values: at offset 0: the count 5 exceeds the 0 bytes left"},
      {take_map,
       "ffffffff0f",
       "codec_decode: values: at offset 0: the count 4294967295 exceeds the 0 bytes left"},
      {take_boxes,
       "01",
       "codec_decode: boxes: at offset 0: the count 1 exceeds the 0 bytes left"},
      {take_boxes, "0107", "handle: closed"},
      // A union is its case, and a record of the case's fields.
      {take_shape, "09", "codec_decode: value: at offset 1: 1 bytes wanted, 0 left"},
      {take_shape, "090000000000", "codec_decode: value: at offset 6: unknown case of shape"},
      {take_shape,
       "010104000000aaaaaaaa",
       "codec_decode: value: at offset 6: 8 bytes wanted, 4 left"},
      {take_error, "0000", "codec_decode: error: at offset 2: 1 bytes wanted, 0 left"},
  };
  cliff cliff = cliff_new();
  CHECK(cliff.pages != NULL);
  for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
    net_error error;
    CHECK(attempts[i].take(unhex(&cliff, attempts[i].hex), &error) != 0);
    CHECK(test_says(&error, attempts[i].says));
  }
  cliff_free(&cliff);
}

// Packs that nest deeper than any reader follows, and are whole otherwise.
static void nesting_has_an_end(void) {
  net_writer w = net_writer_new();
  size_t starts[100];
  net_tree tree;
  net_error error;
  for (int i = 0; i < 100; i++) {
    net_put_varint(&w, NET_TREE_BRANCH);
    starts[i] = net_put_record(&w, 1);
    net_put_varint(&w, 1);
  }
  net_put_varint(&w, NET_TREE_LEAF);
  size_t leaf = net_put_record(&w, 1);
  net_put_zigzag(&w, 1);
  net_put_end(&w, leaf);
  for (int i = 100; i > 0; i--) {
    net_put_end(&w, starts[i - 1]);
  }
  net_code code = take_tree(net_writer_view(&w), &error);
  bool is_read = net_tree_unpack(net_writer_view(&w), &tree);
  net_writer_free(&w);
  net_error_free(&error);
  CHECK(code == DECODE && !is_read);
}

// Calls `try` with each pack that a whole one is cut or flipped into.
static bool each_broken(bool (*try_pack)(net_view pack, bool is_cut)) {
  cliff cliff = cliff_new();
  net_everything value = test_everything();
  net_writer w = net_writer_new();
  net_everything_pack(&w, &value);
  bool ok = cliff.pages != NULL && w.len < cliff.page;
  for (size_t len = 0; ok && len < w.len; len++) {
    ok = try_pack(cliff_view(&cliff, w.data, len), true);
  }
  for (size_t bit = 0; ok && bit < w.len * 8; bit++) {
    w.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    ok = try_pack(cliff_view(&cliff, w.data, w.len), false);
    w.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  net_writer_free(&w);
  cliff_free(&cliff);
  return ok;
}

static bool library_stays_within(net_view pack, bool is_cut) {
  net_bytes given;
  net_error error;
  net_code code = net_echo_everything(pack, &given, &error);
  bool ok = code == 0 ? !is_cut && given.data != NULL : error.family == NET_FAMILY_BASE && given.owner == NULL;
  net_bytes_free(&given);
  net_error_free(&error);
  return ok;
}

static bool reader_stays_within(net_view pack, bool is_cut) {
  net_everything back;
  bool is_read = net_everything_unpack(pack, &back);
  bool ok = is_read ? !is_cut : back.owner == NULL;
  net_everything_free(&back);
  return ok;
}

static void the_library_reads_no_byte_beyond_a_pack(void) {
  CHECK(each_broken(library_stays_within));
}

static void the_headers_read_no_byte_beyond_a_pack(void) {
  CHECK(each_broken(reader_stays_within));
}

// Whether a view is refused, by name, wherever it is given.
static bool is_refused(net_handle node, net_view bad, const char *why) {
  char texts[64], keys[64], values[64], datas[64];
  net_error error;
  bool room = true;
  snprintf(texts, sizeof texts, "argument: json: %s", why);
  snprintf(keys, sizeof keys, "argument: key: %s", why);
  snprintf(values, sizeof values, "argument: value: %s", why);
  snprintf(datas, sizeof datas, "argument: data: %s", why);
  bool ok = net_net_node_emit_raw(node, bad, net_none(), NULL, &error) != 0 && test_says(&error, texts);
  ok = ok && net_echo_string(bad, NULL, &error) != 0 && test_says(&error, values);
  // Without a place for it there is no error to free.
  ok = ok && net_net_node_emit_raw(node, bad, net_none(), NULL, NULL) != 0;
  if (bad.data == NULL) return ok;
  ok = ok && net_net_node_emit_raw(node, net_str("1"), bad, NULL, &error) != 0 && test_says(&error, keys);
  if (bad.len <= PTRDIFF_MAX) return ok;
  ok = ok && net_echo_bytes(bad, NULL, &error) != 0 && test_says(&error, values);
  return ok && net_net_node_emit_buffer(node, bad, net_none(), &room, &error) != 0 && test_says(&error, datas);
}

static void views_that_are_none_are_refused_by_name(void) {
  const uint8_t texts[][3] = {{'a', 0xff, 'b'}, {0xed, 0xa0, 0x80}, {0xc0, 0x80, '1'}, {'1', 0xe2, 0x82}};
  net_handle node = 0;
  CHECK(net_net_node_new_with(NULL, &node, NULL) == 0);
  for (size_t at = 0; at < sizeof texts / sizeof *texts; at++) {
    CHECK(is_refused(node, net_view_of(texts[at], sizeof texts[at]), "is not UTF-8"));
  }
  CHECK(is_refused(node, net_view_of("1", SIZE_MAX), "is too long"));
  CHECK(is_refused(node, net_view_of("1", (size_t)PTRDIFF_MAX + 1), "is too long"));
  CHECK(is_refused(node, net_view_of(NULL, 0), "is NULL"));
  CHECK(is_refused(node, net_view_of(NULL, SIZE_MAX), "is NULL"));
  net_stats stats;
  CHECK(net_net_node_stats_with(node, &stats, NULL) == 0 && stats.events_ingested == 0);
  CHECK(net_handle_free(node) && !net_handle_free(node));
}

const test hostile_tests[] = {
    {"hostile: fields that are not there or not known do no harm",
     fields_that_are_not_there_or_not_known_do_no_harm},
    {"hostile: malformed packs are typed errors", malformed_packs_are_typed_errors},
    {"hostile: nesting has an end", nesting_has_an_end},
    {"hostile: the library reads no byte beyond a pack", the_library_reads_no_byte_beyond_a_pack},
    {"hostile: the headers read no byte beyond a pack", the_headers_read_no_byte_beyond_a_pack},
    {"hostile: views that are none are refused by name", views_that_are_none_are_refused_by_name},
    {NULL, NULL},
};
