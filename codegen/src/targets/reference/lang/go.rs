//! Go.

use super::{Language, Site};
use crate::ir::{
    Api, Bit, Case, Enum, EnumValue, ErrorField, Family, Field, Flags, Host, Kind, Lang, Method, Name,
    Record, Union, View, Wire,
};
use crate::targets::go::{errors, model, names, objects};

pub(crate) struct Go;

impl Language for Go {
    fn lang(&self) -> Lang {
        Lang::Go
    }

    fn label(&self) -> &'static str {
        "Go"
    }

    fn ty(&self, name: &Name) -> Option<String> {
        Some(names::item(name))
    }

    fn type_aliases(&self, name: &Name) -> Vec<String> {
        names::aliases(name)
    }

    fn constant(&self, name: &Name) -> Option<String> {
        Some(names::item(name))
    }

    fn value(&self, item: &Enum, value: &EnumValue) -> Option<String> {
        let lowered = model::enumeration(item).values;
        Some(same(&item.values, value, lowered)?.name)
    }

    fn bit(&self, item: &Flags, bit: &Bit) -> Option<String> {
        let lowered = model::flags(item).bits;
        Some(same(&item.bits, bit, lowered)?.name)
    }

    fn case(&self, item: &Union, case: &Case) -> Option<String> {
        Some(format!("{}{}", names::item(&item.name), names::public(&case.name)))
    }

    fn case_field(&self, api: &Api, item: &Union, case: &Case, field: &Field) -> Option<String> {
        Some(format!("{}.{}", self.case(item, case)?, model::field(api, field).name))
    }

    fn field(&self, api: &Api, _: &Record, field: &Field) -> Option<String> {
        Some(model::field(api, field).name)
    }

    fn view(&self, record: &Record, view: &View) -> Option<String> {
        Some(format!("{}.{}", names::item(&record.name), names::item(&view.name)))
    }

    fn layout(&self, _: &Api, item: &Wire) -> Vec<String> {
        let name = names::public(&item.name);
        vec![name.clone(), format!("{name}.Encode"), format!("Decode{name}")]
    }

    fn member(&self, host: &Host, member: &Method) -> Option<String> {
        let interface = match member.optional {
            true => names::optional_interface(&host.name, &member.name),
            false => names::item(&host.name),
        };
        Some(format!("{interface}.{}", names::item(&member.name)))
    }

    fn family(&self, item: &Family) -> Option<String> {
        Some(names::family(&item.name))
    }

    fn kind(&self, family: &Family, kind: &Kind) -> Option<String> {
        Some(errors::sentinel(family, kind))
    }

    fn kind_field(&self, _: &Api, family: &Family, _: &Kind, field: &ErrorField) -> Option<String> {
        Some(format!("{}.{}", names::family(&family.name), names::error_field(&field.name)))
    }

    fn called(&self, site: Site<'_>, method: &Method) -> Option<String> {
        opened(site, method).into_iter().next().map(|(name, _)| name)
    }

    fn signature(&self, site: Site<'_>, method: &Method) -> Option<String> {
        opened(site, method).into_iter().next().map(|(_, opening)| opening)
    }

    fn aliases(&self, site: Site<'_>, method: &Method) -> Vec<String> {
        opened(site, method).into_iter().skip(1).map(|(name, _)| name).collect()
    }
}

/// Names, with the receiver in front, and opening lines of a function and its other names.
fn opened(site: Site<'_>, method: &Method) -> Vec<(String, String)> {
    let openings = objects::openings(site.api, site.object.map(|(_, object)| object), method);
    openings.into_iter().map(|opening| (name_in(&opening), opening)).collect()
}

/// `NetNode.Emit` of `func (o *NetNode) Emit(...`, `NewNetNode` of `func NewNetNode(...`.
fn name_in(opening: &str) -> String {
    let rest = opening.trim_start_matches("func ");
    // The receiver is `o *Object` or `value Record`.
    let receiver = rest.strip_prefix('(').and_then(|rest| rest.split_once(") "));
    let (owner, rest) = match receiver.and_then(|(owner, rest)| Some((owner.split_once(' ')?.1, rest))) {
        Some((owner, rest)) => {
            let owner = owner.trim_start_matches('*').split('[').next().unwrap_or_default();
            (format!("{owner}."), rest)
        }
        None => (String::new(), rest),
    };
    owner + rest.split(['(', '[']).next().unwrap_or_default()
}

/// What an item of a list was lowered to.
fn same<T, M>(all: &[T], one: &T, lowered: Vec<M>) -> Option<M> {
    let position = all.iter().position(|item| std::ptr::eq(item, one))?;
    lowered.into_iter().nth(position)
}
