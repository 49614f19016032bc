//! The imports of a printed Rust module: no more than its text uses.

/// Prints, of each known path, the items that are used; `is_used` is asked with the last name of the path and an item.
pub(crate) fn imports(known: &[(&str, &[&str])], is_used: impl Fn(&str, &str) -> bool) -> String {
    let mut lines = String::new();
    for (path, items) in known {
        let module = path.rsplit("::").next().unwrap_or(path);
        let items: Vec<_> = items.iter().filter(|item| is_used(module, item)).copied().collect();
        match items[..] {
            [] => {}
            ["self"] => lines += &format!("use {path};\n"),
            [only] => lines += &format!("use {path}::{only};\n"),
            _ => lines += &format!("use {path}::{{{}}};\n", items.join(", ")),
        }
    }
    lines
}

/// Whether a word stands in a text by itself, and not at the end of a path.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let is_part = |char: char| char.is_alphanumeric() || char == '_' || char == ':' || char == '.';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let ends = word.ends_with(':') || !after.is_some_and(|char| char.is_alphanumeric() || char == '_');
        ends && !before.is_some_and(is_part)
    })
}
