//! Spellings of a name of the spec.

/// `net_node` to `netNode`.
pub fn camel(name: &str) -> String {
    let mut words = name.split('_');
    words.next().unwrap_or_default().to_owned() + &words.map(capital).collect::<String>()
}

/// `net_node` to `NetNode`.
pub fn pascal(name: &str) -> String {
    name.split('_').map(capital).collect()
}

/// `net_node` to `NET_NODE`.
pub fn screaming(name: &str) -> String {
    name.to_uppercase()
}

/// `net_node` to `net-node`.
pub fn kebab(name: &str) -> String {
    name.replace('_', "-")
}

/// A word with its first letter in upper case.
pub fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}
