//! The packages whose surface is compared with the spec, one column each.

use crate::ir::{Api, Lang};

/// What a program imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its language.
    pub lang: Lang,
    /// As testees name it: the package, or the language where that has one only.
    pub name: String,
}

/// The packages of the spec, their `aio` twins, and the languages that need no package to be named.
pub fn columns(api: &Api) -> Vec<Column> {
    let mut all = Vec::new();
    for lang in Lang::ALL {
        let own: Vec<_> = api.packages.iter().filter(|package| package.language == lang).collect();
        all.extend(own.iter().map(|package| Column { lang, name: package.name.clone() }));
        let twins = own.iter().filter(|package| package.aio);
        all.extend(twins.map(|package| Column { lang, name: format!("{}.aio", package.name) }));
        if own.is_empty() {
            all.push(Column { lang, name: lang.key().to_owned() });
        }
    }
    all
}

/// A language in reports.
pub(super) fn key(lang: Lang) -> &'static str {
    match lang {
        Lang::Ts => "typescript",
        other => other.key(),
    }
}
