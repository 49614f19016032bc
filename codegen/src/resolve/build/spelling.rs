//! Published names and texts, and what is said for each language.

use crate::doc::{OneOrPer, PerLanguage, Style};
use crate::ir::{Lang, Name};
use std::collections::BTreeMap;

pub(super) fn name(
    spec: &str,
    rename: Option<&PerLanguage<String>>,
    alias: Option<&OneOrPer<Vec<String>>>,
) -> Name {
    let mut name = Name {
        spec: spec.to_owned(),
        renames: rename.map(per_language).unwrap_or_default(),
        aliases: alias.map(by_language).unwrap_or_default(),
        parameters: BTreeMap::new(),
    };
    let renames = name.renames.iter_mut().map(|(lang, public)| (*lang, public));
    let aliases =
        name.aliases.iter_mut().flat_map(|(lang, all)| all.iter_mut().map(|public| (*lang, public)));
    for (lang, public) in renames.chain(aliases) {
        if let Some(parameters) = take_parameters(public) {
            name.parameters.insert((lang, public.clone()), parameters);
        }
    }
    name
}

/// A published text in the style of its table.
pub(super) fn styled(name: &str, style: Option<Style>) -> String {
    let words = || name.split('_');
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    match style.unwrap_or(Style::Snake) {
        Style::Snake => name.to_owned(),
        Style::Kebab => name.replace('_', "-"),
        Style::Pascal => words().map(capital).collect(),
        Style::Camel => {
            words().enumerate().map(|(i, w)| if i == 0 { w.to_owned() } else { capital(w) }).collect()
        }
    }
}

pub(super) fn by_language<T: Clone>(value: &OneOrPer<T>) -> BTreeMap<Lang, T> {
    match value {
        OneOrPer::One(value) => Lang::ALL.into_iter().map(|lang| (lang, value.clone())).collect(),
        OneOrPer::Per(per) => per_language(per),
    }
}

pub(super) fn per_language<T: Clone>(per: &PerLanguage<T>) -> BTreeMap<Lang, T> {
    Lang::ALL
        .into_iter()
        .filter_map(|lang| of_language(per, lang).map(|value| (lang, value.clone())))
        .collect()
}

pub(super) fn of_language<T>(per: &PerLanguage<T>, lang: Lang) -> Option<&T> {
    let own = match lang {
        Lang::Ts => &per.ts,
        Lang::Python => &per.python,
        Lang::Go => &per.go,
        Lang::C => &per.c,
        Lang::Rust => &per.rust,
    };
    own.as_ref().or(per.default.as_ref())
}

/// Cuts the parameters off a published name: `emit(event, key)`.
fn take_parameters(public: &mut String) -> Option<Vec<String>> {
    let (name, parameters) = public.strip_suffix(')')?.split_once('(')?;
    let parameters = parameters.split(',').map(|parameter| parameter.trim().to_owned()).collect();
    *public = name.to_owned();
    Some(parameters)
}
