// Records and unions: defaults, nesting, recursion, and packs of other versions.

#include "test.h"

net_everything test_everything(void) {
  static const uint32_t numbers[] = {1, 2, 3};
  static net_label labels[2];
  static net_view chunks[2];
  static net_i64_entry table[1];
  static net_label_list_entry nested[1];
  static net_shape shapes[2];
  static net_tree children[2];
  labels[0] = net_label_init();
  labels[0].text = net_str("one");
  labels[1] = labels[0];
  labels[1].color = NET_COLOR_BLUE;
  chunks[0] = net_str("");
  chunks[1] = net_view_of("\0\1", 2);
  table[0].key = net_str("k");
  table[0].value = -7;
  nested[0].key = net_str("both");
  nested[0].value = net_label_list_of(labels, 2);
  shapes[0] = net_shape_empty();
  shapes[1] = net_shape_named(labels[1]);
  children[0] = net_tree_of_leaf(5);
  children[1] = net_tree_of_branch(NULL, 0);
  net_everything value = net_everything_init();
  value.text = net_str("text");
  value.data = net_str("data");
  value.scalars.ilarge = INT64_MIN;
  value.scalars.real = 0.5;
  value.scalars.color = NET_COLOR_DARK_GREEN;
  value.scalars.level = NET_LEVEL_LOW;
  value.scalars.access = NET_ACCESS_WRITE;
  value.scalars.key.bytes[7] = 9;
  value.has_maybe = true;
  value.maybe = 11;
  value.has_maybe_rec = true;
  value.maybe_rec = labels[0];
  value.numbers = net_u32_list_of(numbers, 3);
  value.labels = net_label_list_of(labels, 2);
  value.chunks = net_view_list_of(chunks, 2);
  value.table = net_i64_map_of(table, 1);
  value.nested = net_label_list_map_of(nested, 1);
  value.shape = net_shape_rectangle(3, 4);
  value.shapes = net_shape_list_of(shapes, 2);
  value.tree = net_tree_of_branch(children, 2);
  return value;
}

static void everything_comes_back(void) {
  net_everything value = test_everything();
  net_everything back;
  CHECK(net_echo_everything_with(&value, &back, NULL) == 0);
  CHECK(test_is(back.text, "text") && test_is(back.data, "data"));
  CHECK(back.scalars.ilarge == INT64_MIN && back.scalars.real == 0.5);
  CHECK(back.scalars.color == NET_COLOR_DARK_GREEN && back.scalars.access == NET_ACCESS_WRITE);
  CHECK(back.scalars.key.bytes[7] == 9);
  CHECK(back.has_maybe && back.maybe == 11 && back.maybe_not.data == NULL);
  CHECK(back.has_maybe_rec && test_is(back.maybe_rec.text, "one"));
  CHECK(back.numbers.len == 3 && back.numbers.items[2] == 3);
  CHECK(back.labels.len == 2 && back.labels.items[1].color == NET_COLOR_BLUE);
  CHECK(back.chunks.len == 2 && back.chunks.items[1].len == 2);
  CHECK(back.table.len == 1 && back.table.items[0].value == -7);
  CHECK(back.nested.len == 1 && test_is(back.nested.items[0].key, "both"));
  CHECK(back.nested.items[0].value.len == 2);
  CHECK(back.shape.tag == NET_SHAPE_RECTANGLE && back.shape.as.rectangle.height == 4);
  CHECK(back.shapes.items[0].tag == NET_SHAPE_EMPTY);
  CHECK(back.shapes.items[1].tag == NET_SHAPE_NAMED);
  CHECK(test_is(back.shapes.items[1].as.named.text, "one"));
  CHECK(back.tree.tag == NET_TREE_BRANCH && back.tree.as.branch.children.len == 2);
  CHECK(back.tree.as.branch.children.items[0].as.leaf.value == 5);
  net_everything_free(&back);
  net_everything_free(&back);
}

static void options_have_their_defaults(void) {
  net_echo_options options = net_echo_options_init();
  CHECK(options.count == 3 && options.ratio == 0.5 && options.loud);
  CHECK(test_is(options.name, "echo") && options.color == NET_COLOR_BLUE);
  CHECK(options.access == NET_ACCESS_READ && options.pause_ms == 250);
  CHECK(!options.has_limit_bytes && options.from.data == NULL && options.tags.len == 0);
  net_echo_options back;
  CHECK(net_echo_with_options_with(NULL, &back, NULL) == 0);
  CHECK(back.count == 3 && back.pause_ms == 250 && test_is(back.name, "echo"));
  net_echo_options_free(&back);
}

static void options_come_back(void) {
  const net_view tags[] = {net_str("a"), net_str("b")};
  net_echo_options options = net_echo_options_init();
  options.count = 100;
  options.tags = net_view_list_of(tags, 2);
  options.has_limit_bytes = true;
  options.limit_bytes = 12;
  options.type_ = net_str("t");
  net_echo_options back;
  CHECK(net_echo_with_options_with(&options, &back, NULL) == 0);
  CHECK(back.count == 100 && back.tags.len == 2 && test_is(back.tags.items[1], "b"));
  CHECK(back.has_limit_bytes && back.limit_bytes == 12 && test_is(back.type_, "t"));
  net_echo_options_free(&back);
}

static void fields_outside_their_range_are_refused(void) {
  net_echo_options options = net_echo_options_init();
  net_echo_options back;
  net_error error;
  options.count = 101;
  CHECK(net_echo_with_options_with(&options, &back, &error) != 0);
  CHECK(test_says(&error, "argument: count: 101 is above 100"));
  CHECK(back.owner == NULL);
}

static void a_pack_of_fewer_fields_takes_defaults(void) {
  net_writer w = net_writer_new();
  uint32_t count = 9;
  net_echo_options back;
  size_t start = net_put_record(&w, 1);
  net_u32_pack(&w, &count);
  net_put_end(&w, start);
  CHECK(net_echo_options_unpack(net_writer_view(&w), &back));
  CHECK(back.count == 9 && back.loud && test_is(back.name, "echo"));
  net_echo_options_free(&back);
  net_writer_free(&w);
}

static void a_pack_of_more_fields_is_read(void) {
  net_writer w = net_writer_new();
  net_view text = net_str("known");
  net_color color = NET_COLOR_BLUE;
  net_label label;
  size_t start = net_put_record(&w, 3);
  net_view_pack(&w, &text);
  net_color_pack(&w, &color);
  net_put_varint(&w, 99);
  net_put_end(&w, start);
  CHECK(net_label_unpack(net_writer_view(&w), &label));
  CHECK(test_is(label.text, "known") && label.color == NET_COLOR_BLUE);
  net_label_free(&label);
  net_writer_free(&w);
}

static void shapes_come_back(void) {
  net_shape circle = net_shape_circle(1.5);
  net_shape back;
  CHECK(net_echo_shape_with(&circle, &back, NULL) == 0);
  CHECK(back.tag == NET_SHAPE_CIRCLE && back.as.circle.radius == 1.5);
  net_shape_free(&back);
}

static void trees_are_recursive_up_to_their_depth(void) {
  net_tree levels[80];
  net_tree back;
  levels[0] = net_tree_of_leaf(1);
  for (size_t i = 1; i < 80; i++) {
    levels[i] = net_tree_of_branch(&levels[i - 1], 1);
  }
  CHECK(net_echo_tree_with(&levels[10], &back, NULL) == 0);
  const net_tree *at = &back;
  for (int i = 0; i < 10; i++) {
    CHECK(at->tag == NET_TREE_BRANCH && at->as.branch.children.len == 1);
    at = at->as.branch.children.items;
  }
  CHECK(at->tag == NET_TREE_LEAF && at->as.leaf.value == 1);
  net_tree_free(&back);
  CHECK(net_echo_tree_with(&levels[79], &back, NULL) != 0 && back.owner == NULL);
  CHECK(net_echo_tree_with(&levels[15], &back, NULL) == 0);
  net_tree_free(&back);
  net_error error;
  CHECK(net_echo_tree_with(&levels[16], &back, &error) != 0 && back.owner == NULL);
  CHECK(test_says(&error, "argument: children: is nested deeper than 16"));
}

static void records_of_fields_and_views_come_back(void) {
  net_version_pair pair = net_version_pair_init();
  net_version_pair back;
  net_echo_page page;
  pair.major = 4;
  pair.minor = 2;
  CHECK(net_echo_pair_with(&pair, &back, NULL) == 0 && back.major == 4 && back.minor == 2);
  net_version_pair_free(&back);
  CHECK(net_echo_page_of_with(net_str("{}"), &page, NULL) == 0 && test_is(page.raw, "{}"));
  net_echo_page_free(&page);
}

static void records_have_methods(void) {
  net_version_pair first = net_version_pair_init();
  net_version_pair last = net_version_pair_init();
  net_version_pair parsed;
  net_bytes text;
  net_error error;
  bool is_so = false;
  first.major = 4;
  last.major = 5;
  CHECK(net_version_pair_is_before_with(&first, &last, &is_so, NULL) == 0 && is_so);
  CHECK(net_version_pair_is_before_with(&last, &first, &is_so, NULL) == 0 && !is_so);
  CHECK(net_version_pair_is_first_with(&first, &is_so, NULL) == 0 && !is_so);
  CHECK(net_version_pair_text_with(&first, net_none(), &text, NULL) == 0);
  CHECK(test_is(net_bytes_view(&text), "4.0"));
  net_bytes_free(&text);
  CHECK(net_version_pair_shown_with(&first, &text, NULL) == 0);
  CHECK(test_is(net_bytes_view(&text), "4.0"));
  net_bytes_free(&text);
  CHECK(net_version_pair_text_with(&first, net_str("::"), &text, NULL) == 0);
  CHECK(test_is(net_bytes_view(&text), "4::0"));
  net_bytes_free(&text);
  CHECK(net_version_pair_parse_with(net_str("7.8"), &parsed, NULL) == 0);
  CHECK(parsed.major == 7 && parsed.minor == 8);
  net_version_pair_free(&parsed);
  CHECK(net_version_pair_parse_with(net_str("7"), &parsed, &error) == NET_CODE(NET_FAMILY_ECHO, NET_ECHO_ODD));
  net_error_free(&error);
}

static void methods_check_their_record(void) {
  const net_view tags[] = {net_str("a")};
  net_echo_options options = net_echo_options_init();
  net_error error;
  bool has = false;
  options.tags = net_view_list_of(tags, 1);
  CHECK(net_echo_options_has_tag_with(&options, net_str("a"), &has, NULL) == 0 && has);
  CHECK(net_echo_options_has_tag_with(&options, net_str("b"), &has, NULL) == 0 && !has);
  options.count = 101;
  CHECK(net_echo_options_has_tag_with(&options, net_str("a"), &has, &error) != 0);
  CHECK(test_says(&error, "argument: count: 101 is above 100"));
}

static void records_within_records_have_ranges(void) {
  net_echo_setup setup = net_echo_setup_init();
  net_echo_style style = net_echo_style_init();
  net_echo_setup back;
  net_error error;
  style.size = 0;
  setup.more = net_echo_style_list_of(&style, 1);
  CHECK(net_echo_with_setup_with(&setup, &back, &error) != 0);
  CHECK(test_says(&error, "argument: size: 0 is below 1"));
  style.size = 1;
  CHECK(net_echo_with_setup_with(&setup, &back, NULL) == 0);
  CHECK(back.more.len == 1 && back.more.items[0].pause_ms == 20);
  net_echo_setup_free(&back);
}

static void a_door_counts_who_passes(void) {
  net_queue *queue = net_queue_new();
  net_handle door = 0, pass = 0, visit = 0;
  uint32_t inside = 0;
  net_bytes tally;
  CHECK(net_echo_door_new(&door, NULL) == 0);
  CHECK(net_echo_door_enter(door, &pass, NULL) == 0);
  CHECK(net_echo_door_enter_later_wait(queue, door, &visit, NULL) == 0);
  CHECK(net_echo_door_inside(door, &inside, NULL) == 0 && inside == 2);
  CHECK(net_echo_pass_leave(pass, true, NULL) == 0);
  CHECK(net_echo_visit_leave_wait(queue, visit, false, NULL) == 0);
  CHECK(net_echo_door_tally(door, &tally, NULL) == 0 && test_gave(&tally, "1/1"));
  net_handle_free(pass);
  net_handle_free(visit);
  net_handle_free(door);
  net_queue_free(queue);
}

static bool left_out(net_code code, net_error *error) {
  return code == NET_BASE_UNSUPPORTED && test_says(error, "unsupported: left-out");
}

static void a_build_leaves_fields_out(void) {
  net_echo_extras extras = net_echo_extras_init();
  net_echo_extras back;
  net_error error;
  extras.gilded = true;
  CHECK(net_echo_with_extras_with(&extras, &back, NULL) == 0);
  CHECK(back.gilded && back.plain && back.depth == 2);
  net_echo_extras_free(&back);
  extras.carved = true;
  CHECK(left_out(net_echo_with_extras_with(&extras, &back, &error), &error));
  extras = net_echo_extras_init();
  extras.plain = false;
  CHECK(left_out(net_echo_with_extras_with(&extras, &back, &error), &error));
  extras = net_echo_extras_init();
  extras.depth = 3;
  CHECK(left_out(net_echo_with_extras_with(&extras, &back, &error), &error));
  extras = net_echo_extras_init();
  extras.motto = net_str("");
  CHECK(left_out(net_echo_with_extras_with(&extras, &back, &error), &error));
}

static void a_build_leaves_calls_out(void) {
  net_queue *queue = net_queue_new();
  net_handle annex = 0, box = 0;
  uint32_t number = 0;
  net_error error;
  CHECK(net_echo_hook(7, &number, NULL) == 0 && number == 7);
  CHECK(net_echo_left_out(1, net_str("a"), &number, &error) != 0);
  CHECK(error.family == NET_FAMILY_ECHO && error.kind == NET_ECHO_UNSUPPORTED);
  CHECK(test_says(&error, "echo: unsupported: left-out"));
  CHECK(left_out(net_echo_annex_new(&annex, &error), &error));
  CHECK(left_out(net_echo_annex_open_wait(queue, net_str("a"), &annex, &error), &error));
  CHECK(net_echo_box_new(net_str("a"), &box, NULL) == 0);
  CHECK(left_out(net_echo_box_weight(box, &number, &error), &error));
  CHECK(left_out(net_echo_box_weigh_wait(queue, box, box, &number, &error), &error));
  net_handle_free(box);
  net_queue_free(queue);
}

static void records_of_numbers_come_back(void) {
  net_gauge gauge = net_gauge_init();
  net_gauge back;
  bool found = false;
  gauge.truth = true;
  gauge.tiny = UINT8_MAX;
  gauge.large = UINT64_MAX;
  gauge.itiny = INT8_MIN;
  gauge.range = INT64_MIN;
  gauge.real = 0.25;
  gauge.span_ms = 5;
  gauge.day = -7;
  gauge.color = NET_COLOR_BLUE;
  gauge.level = NET_LEVEL_HIGH;
  gauge.access = NET_ACCESS_CHANGE_ALL;
  CHECK(net_echo_gauge_with(&gauge, &back, NULL) == 0);
  CHECK(back.truth && back.tiny == UINT8_MAX && back.large == UINT64_MAX && back.itiny == INT8_MIN);
  CHECK(back.range == INT64_MIN && back.real == 0.25 && back.span_ms == 5 && back.day == -7);
  CHECK(back.color == NET_COLOR_BLUE && back.level == NET_LEVEL_HIGH && back.access == NET_ACCESS_CHANGE_ALL);
  CHECK(net_echo_gauge_maybe_with(&gauge, &found, &back, NULL) == 0 && found && back.span_ms == 5);
  CHECK(net_echo_gauge_maybe_with(NULL, &found, &back, NULL) == 0 && !found && back.span_ms == 0);
  gauge.color = (net_color)3;
  CHECK(net_echo_gauge_with(&gauge, &back, NULL) != 0 && !back.truth);
}

static void spans_come_back_from_lists_and_maps(void) {
  static const uint64_t pauses[] = {0, 1500};
  const net_u64_entry limits[] = {{net_str("day"), 86400}};
  net_timetable timetable = net_timetable_init();
  net_timetable back;
  timetable.pauses = net_u64_list_of(pauses, 2);
  timetable.limits = net_u64_map_of(limits, 1);
  CHECK(net_echo_timetable_with(&timetable, &back, NULL) == 0);
  CHECK(back.pauses.len == 2 && back.pauses.items[1] == 1500);
  CHECK(back.limits.len == 1 && test_is(back.limits.items[0].key, "day") && back.limits.items[0].value == 86400);
  net_timetable_free(&back);
  net_u64_list list;
  net_u64_map map;
  CHECK(net_echo_pauses_with(pauses, 2, &list, NULL) == 0 && list.len == 2 && list.items[1] == 1500);
  CHECK(net_echo_limits_with(limits, 1, &map, NULL) == 0 && map.len == 1 && map.items[0].value == 86400);
  net_u64_list_free(&list);
  net_u64_map_free(&map);
}

static void records_that_are_not_wanted_are_released(void) {
  net_everything value = test_everything();
  net_gauge gauge = net_gauge_init();
  gauge.level = NET_LEVEL_LOW;
  CHECK(net_echo_everything_with(&value, NULL, NULL) == 0);
  CHECK(net_echo_gauge_with(&gauge, NULL, NULL) == 0);
  CHECK(net_echo_gauge_maybe_with(&gauge, NULL, NULL, NULL) == 0);
  CHECK(net_echo_list_with(NULL, 0, NULL, NULL) == 0);
}

static void open_enums_keep_numbers_without_a_name(void) {
  net_reason reason = NET_REASON_NONE;
  net_grade grade = NET_GRADE_FIRST;
  CHECK(net_echo_reason((net_reason)65535, &reason, NULL) == 0 && reason == 65535);
  CHECK(net_echo_reason(NET_REASON_DAMAGED, &reason, NULL) == 0 && reason == NET_REASON_DAMAGED);
  CHECK(net_echo_grade((net_grade)200, &grade, NULL) == 0 && grade == 200);
  const net_reason reasons[] = {NET_REASON_NONE, (net_reason)8};
  net_reason_list back;
  CHECK(net_echo_reasons_with(reasons, 2, &back, NULL) == 0 && back.len == 2 && back.items[1] == 8);
  net_reason_list_free(&back);
}

const test records_tests[] = {
    {"records: everything comes back", everything_comes_back},
    {"records: options have their defaults", options_have_their_defaults},
    {"records: options come back", options_come_back},
    {"records: fields outside their range are refused", fields_outside_their_range_are_refused},
    {"records: a pack of fewer fields takes defaults", a_pack_of_fewer_fields_takes_defaults},
    {"records: a pack of more fields is read", a_pack_of_more_fields_is_read},
    {"records: shapes come back", shapes_come_back},
    {"records: trees are recursive up to their depth", trees_are_recursive_up_to_their_depth},
    {"records: records of fields and views come back", records_of_fields_and_views_come_back},
    {"records: records have methods", records_have_methods},
    {"records: methods check their record", methods_check_their_record},
    {"records: records within records have ranges", records_within_records_have_ranges},
    {"records: a door counts who passes", a_door_counts_who_passes},
    {"records: a build leaves fields out", a_build_leaves_fields_out},
    {"records: a build leaves calls out", a_build_leaves_calls_out},
    {"records: records of numbers come back", records_of_numbers_come_back},
    {"records: spans come back from lists and maps", spans_come_back_from_lists_and_maps},
    {"records: records that are not wanted are released", records_that_are_not_wanted_are_released},
    {"records: open enums keep numbers without a name", open_enums_keep_numbers_without_a_name},
    {NULL, NULL},
};
