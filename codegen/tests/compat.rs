//! What a change of the interface means for whoever uses the last release: `compat/shop.toml`, changed in many ways.

use net_codegen::ir::Api;
use net_codegen::load::{self, Source};
use net_codegen::release::{Lock, Verdict, surface};
use net_codegen::resolve;

const SHOP: &str = include_str!("compat/shop.toml");

/// Changes of the shop: what they are called, a text, and what stands for it.
const CHANGES: &[(&str, &str, &str)] = &[
    (
        "a method is added",
        "[object.shop.fn.buy]",
        "[object.shop.fn.visit]\ndoc = \"Looks around.\"\n\n[object.shop.fn.buy]",
    ),
    ("a method is removed", "[object.shop.fn.close_early]\ndoc     = \"Shuts the door.\"\n", ""),
    (
        "an argument is added",
        "args    = { what = \"string\" }",
        "args    = { what = \"string\", count = \"u32\" }",
    ),
    ("an argument gets another type", "args    = { what = \"string\" }", "args    = { what = \"bytes\" }"),
    ("a method completes later", "returns = \"goods\"", "async   = true\nreturns = \"goods\""),
    (
        "a language loses a method",
        "doc     = \"Buys something.\"",
        "skip    = { c = \"It has no purse.\" }\ndoc     = \"Buys something.\"",
    ),
    (
        "a published name changes",
        "doc     = \"Buys something.\"",
        "rename  = { python = \"purchase\" }\ndoc     = \"Buys something.\"",
    ),
    (
        "a method gets one more name",
        "doc     = \"Buys something.\"",
        "alias   = { ts = [\"get\"] }\ndoc     = \"Buys something.\"",
    ),
    (
        "an optional field is added",
        "[record.goods]",
        "[record.wish.field.note]\ntype   = \"string?\"\nabsent = \"No note.\"\ndoc    = \"Anything else.\"\n\n[record.goods]",
    ),
    (
        "a required field is added",
        "[record.goods]",
        "[record.wish.field.note]\ntype = \"string\"\ndoc  = \"A note.\"\n\n[record.goods]",
    ),
    (
        "a result gets a field",
        "weight = { type = \"u32\", doc = \"Its weight.\" }",
        "weight = { type = \"u32\", doc = \"Its weight.\" }\nname   = { type = \"string\", doc = \"What it is called.\" }",
    ),
    (
        "a fixed result gets a field",
        "place = { type = \"u32\", doc = \"Which drawer.\" }",
        "place = { type = \"u32\", doc = \"Which drawer.\" }\ndepth = { type = \"u32\", doc = \"How deep.\" }",
    ),
    ("a default changes", "2, doc = \"How many.\"", "3, doc = \"How many.\""),
    (
        "a kind of error is added",
        "closed   = {",
        "burnt    = { code = 3, doc = \"It burns.\" }\nclosed   = {",
    ),
    ("a kind of error is removed", "sold_out = { code = 2, doc = \"There is none.\" }\n", ""),
    (
        "a kind of error is retired",
        "sold_out = { code = 2, doc = \"There is none.\" }\n",
        "\n[error.shop.retired]\nsold_out = 2\n",
    ),
    (
        "a closed set grows",
        "small = { tag = 1",
        "tiny  = { tag = 3, doc = \"Fits a nail.\" }\nsmall = { tag = 1",
    ),
    (
        "an open set grows",
        "red  = { tag = 1",
        "blue = { tag = 2, doc = \"Like the sky.\" }\nred  = { tag = 1",
    ),
    ("a number of a value changes", "large = { tag = 2", "large = { tag = 4"),
    ("a layout grows with its version", "version  = 2\n", "version  = 3\n"),
    (
        "a layout changes without a version",
        "type = \"u16\", doc = \"Weight",
        "type = \"u32\", doc = \"Weight",
    ),
    (
        "a host has to do more",
        "Pays what it costs.\"\n",
        "Pays what it costs.\"\n\n[host.buyer.fn.haggle]\ndoc = \"Asks for less.\"\n",
    ),
    (
        "a host may do more",
        "Pays what it costs.\"\n",
        "Pays what it costs.\"\n\n[host.buyer.fn.thank]\noptional = true\ndoc = \"Says thanks.\"\n",
    ),
    (
        "a function of a host moves",
        "[host.buyer.fn.pay]",
        "[host.buyer.fn.thank]\noptional = true\ndoc = \"Says thanks.\"\n\n[host.buyer.fn.pay]",
    ),
    (
        "a field moves",
        "paint  = {",
        "shape  = { type = \"u8\", doc = \"How many corners it has.\" }\npaint  = {",
    ),
    ("texts for people change", "Buys something.", "Buys whatever is there."),
];

#[test]
fn each_change_needs_a_version() {
    let old = Lock::new("1.4.2".parse().expect("a version"), &surface(&api(SHOP)));
    let mut verdicts = String::new();
    for (name, from, to) in CHANGES {
        assert_eq!(SHOP.matches(from).count(), 1, "{name}: the text stands there once");
        let mut shop = SHOP.replace(from, to);
        if name.contains("grows with its version") {
            shop = shop.replace(
                "fields   = [",
                "fields   = [\n  { name = \"late\", type = \"u8\", since = 3, default = 0, doc = \"What came last.\" },",
            );
        }
        verdicts += &format!("{name}\n{}\n\n", Verdict::new(&old, &surface(&api(&shop))));
    }
    insta::assert_snapshot!(verdicts.trim_end());
}

#[test]
fn a_lock_says_everything_in_lines() {
    let api = api(SHOP);
    let lock = Lock::new("1.4.2".parse().expect("a version"), &surface(&api));
    let lines: Vec<_> =
        lock.print().lines().filter(|line| !line.contains(" base.")).map(str::to_owned).collect();
    insta::assert_snapshot!(lines.join("\n"));
    let again = Lock::parse(&lock.print()).expect("what was printed can be read");
    assert_eq!(again.items, lock.items);
    assert_eq!(surface(&api).len(), lock.items.len(), "each item has a line of its own");
}

#[test]
fn the_hash_is_that_of_what_callers_can_tell() {
    let hash = |from: &str, to: &str| api(&SHOP.replace(from, to)).hash;
    let same = api(SHOP).hash;
    assert_eq!(hash("Buys something.", "Buys whatever is there."), same, "docs");
    assert_eq!(hash("absent = \"No limit.\"", "absent = \"Whatever it costs.\""), same, "what absence means");
    assert_eq!(hash("# A shop.", "# Another comment."), same, "comments");
    assert_ne!(hash("what = \"string\"", "what = \"bytes\""), same, "types");
    let called = |name: &str, ty: &str| hash("{ what = \"string\" }", &format!("{{ {name} = \"{ty}\" }}"));
    assert_ne!(called("order", "string"), called("order", "bytes"), "an argument called like a text");
}

fn api(shop: &str) -> Api {
    let source = |file: &str, text: &str| Source { file: file.into(), text: text.into() };
    let base = source("spec/base.toml", include_str!("../../spec/base.toml"));
    let (spec, diagnostics) = load::parse(vec![base, source("spec/shop.toml", shop)]);
    assert_eq!(diagnostics, []);
    resolve::resolve(&spec).unwrap_or_else(|diagnostics| panic!("{shop}\n{}", diagnostics[0]))
}
