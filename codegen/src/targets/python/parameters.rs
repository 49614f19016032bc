//! The parameters of a function: what they are called, and which of them stand in front in a published order.

use super::names;
use crate::ir::{Api, Lang, Method};

/// What a parameter is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// An argument of the spec, by its position.
    Argument(usize),
    /// The type of the decoded JSON.
    Model,
    /// The function that decodes JSON.
    Parse,
}

/// The parameters of a function under one of its public names.
#[derive(Debug)]
pub(crate) struct Parameters {
    /// Names of the spec's arguments.
    pub names: Vec<String>,
    /// Those of a published order; the others follow as they are derived.
    pub published: Vec<Role>,
}

impl Parameters {
    /// The parameters of a function under a public name.
    pub(crate) fn of(api: &Api, item: &Method, public: &str) -> Self {
        let mut names: Vec<_> = item.args.iter().map(|arg| names::argument(api, arg)).collect();
        let mut published = Vec::new();
        let mut positions = 0..names.len();
        for listed in item.name.parameters(Lang::Python, public).unwrap_or_default() {
            match listed.as_str() {
                "model" => published.push(Role::Model),
                "parse" => published.push(Role::Parse),
                listed => {
                    let Some(position) = positions.next() else { continue };
                    names[position] = names::value(listed);
                    published.push(Role::Argument(position));
                }
            }
        }
        Self { names, published }
    }

    /// The parameters of a function under its first public name.
    pub(crate) fn first(api: &Api, item: &Method) -> Self {
        Self::of(api, item, &names::member(&item.name))
    }

    /// Whether a parameter stands in the published order.
    pub(crate) fn lists(&self, role: Role) -> bool {
        self.published.contains(&role)
    }
}
