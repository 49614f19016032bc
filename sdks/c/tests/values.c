// Numbers, texts, bytes, enums, flags, options, lists and maps.

#include <math.h>

#include "test.h"

static void numbers_of_every_width_come_back(void) {
  bool truth = false;
  uint8_t u8 = 0;
  uint16_t u16 = 0;
  uint32_t u32 = 0;
  uint64_t u64 = 0;
  int8_t i8 = 0;
  int16_t i16 = 0;
  int32_t i32 = 0;
  int64_t i64 = 0;
  CHECK(net_echo_bool(true, &truth, NULL) == 0 && truth);
  CHECK(net_echo_u8(UINT8_MAX, &u8, NULL) == 0 && u8 == UINT8_MAX);
  CHECK(net_echo_u16(UINT16_MAX, &u16, NULL) == 0 && u16 == UINT16_MAX);
  CHECK(net_echo_u32(UINT32_MAX, &u32, NULL) == 0 && u32 == UINT32_MAX);
  CHECK(net_echo_u64(UINT64_MAX, &u64, NULL) == 0 && u64 == UINT64_MAX);
  CHECK(net_echo_i8(INT8_MIN, &i8, NULL) == 0 && i8 == INT8_MIN);
  CHECK(net_echo_i16(INT16_MIN, &i16, NULL) == 0 && i16 == INT16_MIN);
  CHECK(net_echo_i32(INT32_MIN, &i32, NULL) == 0 && i32 == INT32_MIN);
  CHECK(net_echo_i64(INT64_MIN, &i64, NULL) == 0 && i64 == INT64_MIN);
}

static void floats_come_back_with_their_bits(void) {
  double real = 0;
  CHECK(net_echo_f64(-0.0, &real, NULL) == 0 && real == 0 && signbit(real));
  CHECK(net_echo_f64(NAN, &real, NULL) == 0 && isnan(real));
  CHECK(net_echo_f64(-INFINITY, &real, NULL) == 0 && isinf(real) && real < 0);
}

static void times_and_sizes_cross_in_their_units(void) {
  uint64_t wide = 0;
  int64_t day = 0;
  CHECK(net_echo_duration(1500, &wide, NULL) == 0 && wide == 1500);
  CHECK(net_echo_instant(UINT64_MAX, &wide, NULL) == 0 && wide == UINT64_MAX);
  CHECK(net_echo_size(7, &wide, NULL) == 0 && wide == 7);
  CHECK(net_echo_date(-1, &day, NULL) == 0 && day == -1);
}

static void texts_and_bytes_come_back(void) {
  net_bytes bytes;
  CHECK(net_echo_string(net_str("gr\303\274n"), &bytes, NULL) == 0);
  CHECK(test_gave(&bytes, "gr\303\274n"));
  CHECK(net_echo_string(net_str(""), &bytes, NULL) == 0);
  CHECK(test_gave(&bytes, ""));
  CHECK(net_echo_bytes(net_view_of("\0\377", 2), &bytes, NULL) == 0);
  CHECK(bytes.len == 2 && bytes.data[0] == 0 && bytes.data[1] == 0xff);
  net_bytes_free(&bytes);
  CHECK(net_echo_json(net_str("{\"a\":1}"), &bytes, NULL) == 0);
  CHECK(test_gave(&bytes, "{\"a\":1}"));
}

static void unknown_values_have_an_error_of_their_own(void) {
  uint8_t mood = 0;
  uint16_t rights = 0;
  CHECK(net_echo_mood(9, &mood, NULL) == (NET_FAMILY_ECHO << 16 | NET_ECHO_ODD));
  CHECK(net_echo_rights(1 << 9, &rights, NULL) == (NET_FAMILY_ECHO << 16 | NET_ECHO_ODD));
  CHECK(net_echo_mood(NET_MOOD_ANGRY, &mood, NULL) == 0 && mood == NET_MOOD_ANGRY);
  CHECK(net_echo_rights(NET_RIGHTS_LEAVE, &rights, NULL) == 0 && rights == NET_RIGHTS_LEAVE);
}

static void missing_and_malformed_texts_are_refused_by_name(void) {
  net_bytes bytes;
  net_error error;
  CHECK(net_echo_string(net_none(), &bytes, &error) ==
        NET_CODE(NET_FAMILY_BASE, NET_BASE_ARGUMENT));
  CHECK(bytes.data == NULL && bytes.owner == NULL);
  CHECK(test_says(&error, "argument: value: is NULL"));
  CHECK(net_echo_string(net_view_of("a\377", 2), &bytes, &error) != 0);
  CHECK(test_says(&error, "argument: value: is not UTF-8"));
}

static void enums_and_flags_are_numbers_with_names(void) {
  net_color color = 0;
  net_level level = 0;
  net_access access = 0;
  net_error error;
  CHECK(net_echo_color(NET_COLOR_BLUE, &color, NULL) == 0 && color == NET_COLOR_BLUE);
  CHECK(net_echo_level(NET_LEVEL_HIGH, &level, NULL) == 0 && level == 500);
  CHECK(net_echo_access(NET_ACCESS_READ | NET_ACCESS_CHANGE_ALL, &access, NULL) == 0);
  CHECK(access == (NET_ACCESS_READ | NET_ACCESS_CHANGE_ALL));
  CHECK(net_echo_color(3, &color, &error) == NET_CODE(NET_FAMILY_BASE, NET_BASE_ARGUMENT));
  CHECK(test_says(&error, "argument: value: is none of the known values"));
  CHECK(net_echo_access(4, &access, NULL) == NET_CODE(NET_FAMILY_BASE, NET_BASE_ARGUMENT));
}

static void enums_have_their_published_texts(void) {
  net_color color = 0;
  CHECK(strcmp(net_color_text(NET_COLOR_DARK_GREEN), "darkGreen") == 0);
  CHECK(net_color_text(3) == NULL);
  CHECK(net_color_from_text(net_str("green"), &color) && color == NET_COLOR_DARK_GREEN);
  CHECK(!net_color_from_text(net_str("mauve"), &color));
}

static void named_base_types_cross_as_their_base(void) {
  net_echo_id id = 0;
  net_echo_key key = {{1, 2, 3, 4, 5, 6, 7, 8}};
  net_bytes bytes;
  net_error error;
  CHECK(net_echo_number(42, &id, NULL) == 0 && id == 42);
  CHECK(net_echo_key_of_with(&key, &bytes, NULL) == 0);
  CHECK(bytes.len == 8 && memcmp(bytes.data, key.bytes, 8) == 0);
  net_bytes_free(&bytes);
  net_echo_sum sum = 0;
  const uint8_t data[] = {0x63, 0, 0xff};
  CHECK(net_echo_sum_of(net_str("ab"), net_view_of(data, 3), &sum, NULL) == 0 && sum == 4381587066545409795u);
  CHECK(net_echo_print_of(net_view_of(data + 1, 1), &bytes, NULL) == 0 && bytes.len == 12 && bytes.data[0] == 0xf1);
  net_bytes_free(&bytes);
  CHECK(net_echo_mark_of(net_str("hello"), &bytes, NULL) == 0 && bytes.len == 32 && bytes.data[0] == 0x19);
  net_bytes_free(&bytes);
  net_echo_seal seal = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}};
  CHECK(net_echo_seal_of_with(&seal, &bytes, NULL) == 0);
  CHECK(bytes.len == 10 && memcmp(bytes.data, seal.bytes, 10) == 0);
  net_bytes_free(&bytes);
  CHECK(net_echo_key_of(net_str("short"), &bytes, &error) != 0);
  CHECK(test_says(&error, "argument: value: has 5 bytes, not 8"));
}

static void what_is_optional_may_be_left_out(void) {
  bool found = true;
  uint32_t number = 1;
  net_bytes bytes;
  CHECK(net_echo_maybe(false, 7, &found, &number, NULL) == 0 && !found && number == 0);
  CHECK(net_echo_maybe(true, 7, &found, &number, NULL) == 0 && found && number == 7);
  CHECK(net_echo_optional(false, 0, net_none(), net_none(), &found, &bytes, NULL) == 0 && !found);
  net_label label = net_label_init();
  label.text = net_str("x");
  label.color = NET_COLOR_BLUE;
  CHECK(net_echo_optional_with(true, 7, net_str(""), &label, &found, &bytes, NULL) == 0 && found);
  CHECK(test_gave(&bytes, "7//x.blue"));
}

static void results_that_are_not_wanted_are_released(void) {
  CHECK(net_echo_string(net_str("nobody"), NULL, NULL) == 0);
  CHECK(net_echo_u32(1, NULL, NULL) == 0);
  CHECK(net_echo_maybe(true, 1, NULL, NULL, NULL) == 0);
}

static void lists_and_maps_come_back(void) {
  static const uint32_t numbers[] = {3, 1, 2};
  net_u32_list list;
  CHECK(net_echo_list_with(numbers, 3, &list, NULL) == 0);
  CHECK(list.len == 3 && list.items[0] == 3 && list.items[2] == 2);
  net_u32_list_free(&list);
  CHECK(net_echo_list_with(NULL, 0, &list, NULL) == 0 && list.len == 0);
  net_u32_list_free(&list);
  const net_view texts[] = {net_str("a"), net_str(""), net_str("c")};
  net_view_list words;
  CHECK(net_echo_strings_with(texts, 3, &words, NULL) == 0);
  CHECK(words.len == 3 && test_is(words.items[1], "") && test_is(words.items[2], "c"));
  CHECK(strcmp((const char *)words.items[0].data, "a") == 0);
  net_view_list_free(&words);
  net_view_list_free(&words);
  CHECK(net_echo_chunks_with(texts, 3, &words, NULL) == 0 && words.len == 3);
  net_view_list_free(&words);
  const net_i64_entry entries[] = {{net_str("b"), -1}, {net_str("a"), INT64_MAX}};
  net_i64_map map;
  CHECK(net_echo_map_with(entries, 2, &map, NULL) == 0);
  CHECK(map.len == 2 && test_is(map.items[0].key, "a") && map.items[0].value == INT64_MAX);
  net_i64_map_free(&map);
}

static void long_lists_are_refused(void) {
  uint32_t *numbers = (uint32_t *)calloc(NET_ECHO_LIMIT + 1, sizeof *numbers);
  net_u32_list list;
  net_error error;
  net_code code = net_echo_list_with(numbers, NET_ECHO_LIMIT + 1, &list, &error);
  free(numbers);
  CHECK(code == NET_CODE(NET_FAMILY_BASE, NET_BASE_ARGUMENT) && list.items == NULL);
  CHECK(test_says(&error, "argument: values: 4097 items are more than 4096"));
}

static void variadic_arguments_are_items_and_a_number(void) {
  static const int64_t rest[] = {2, 3};
  int64_t sum = 0;
  CHECK(net_sum_all_with(1, rest, 2, &sum, NULL) == 0 && sum == 6);
}

static void functions_have_several_signatures(void) {
  net_bytes text;
  uint64_t number = 0;
  CHECK(net_doubled(net_str("ab"), &text, NULL) == 0 && test_gave(&text, "abab"));
  CHECK(net_doubled_number(4, &number, NULL) == 0 && number == 8);
}

static void constants_have_their_values(void) {
  CHECK(NET_ECHO_LIMIT == 4096);
  CHECK(strcmp(NET_ECHO_GREETING, "hello \"net\"\n") == 0);
  CHECK(NET_ECHO_PRIMES_LEN == 4 && NET_ECHO_PRIMES[3] == 7);
}

static void the_library_knows_its_version(void) {
  net_bytes version;
  net_library_info info;
  CHECK(net_version(&version, NULL) == 0 && version.len > 0);
  CHECK(net_build_info_with(&info, NULL) == 0);
  CHECK(net_view_equal(info.version, net_bytes_view(&version)));
  CHECK(test_is(info.spec_hash, net_spec_hash()));
  net_library_info_free(&info);
  net_bytes_free(&version);
}

const test values_tests[] = {
    {"values: numbers of every width come back", numbers_of_every_width_come_back},
    {"values: floats come back with their bits", floats_come_back_with_their_bits},
    {"values: times and sizes cross in their units", times_and_sizes_cross_in_their_units},
    {"values: texts and bytes come back", texts_and_bytes_come_back},
    {"values: unknown values have an error of their own", unknown_values_have_an_error_of_their_own},
    {"values: missing and malformed texts are refused by name",
     missing_and_malformed_texts_are_refused_by_name},
    {"values: enums and flags are numbers with names", enums_and_flags_are_numbers_with_names},
    {"values: enums have their published texts", enums_have_their_published_texts},
    {"values: named base types cross as their base", named_base_types_cross_as_their_base},
    {"values: what is optional may be left out", what_is_optional_may_be_left_out},
    {"values: results that are not wanted are released", results_that_are_not_wanted_are_released},
    {"values: lists and maps come back", lists_and_maps_come_back},
    {"values: long lists are refused", long_lists_are_refused},
    {"values: variadic arguments are items and a number",
     variadic_arguments_are_items_and_a_number},
    {"values: functions have several signatures", functions_have_several_signatures},
    {"values: constants have their values", constants_have_their_values},
    {"values: the library knows its version", the_library_knows_its_version},
    {NULL, NULL},
};
