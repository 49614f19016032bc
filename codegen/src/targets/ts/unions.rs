//! Unions: the types of their cases, and the functions that make them.

use super::layout::{self, call, text, union};
use super::model::{BodyModel, InterfaceModel, MemberModel, TypeModel, lines};
use super::names;
use super::records::field;
use super::types::{Scope, Way, member_key};
use crate::ir::{At, Lang, Type, Union};

/// The type of a union and the interfaces of its cases, in one direction.
pub(crate) fn union_types(
    scope: &Scope<'_>,
    at: At,
    item: &Union,
    way: Way,
) -> (Vec<InterfaceModel>, TypeModel) {
    let suffix = scope.union_suffix(at, way);
    let name = names::ty(&item.name);
    let mut members = Vec::new();
    let mut interfaces = Vec::new();
    for case in &item.cases {
        let differs = case.fields.iter().any(|f| scope.field_differs(f, &mut Vec::new()));
        let case_name = format!("{name}{}{}", names::capital(&case.name), if differs { suffix } else { "" });
        members.push(case_name.clone());
        if item.bare && case.fields.is_empty() && way == Way::In {
            members.push(names::text(&case.text));
        }
        if way == Way::In && !differs {
            continue;
        }
        let tag = format!("{}: {};", member_key(&item.tag), names::text(&case.text));
        let mut fields = vec![MemberModel { doc: vec!["Which case it is.".into()], code: tag }];
        fields.extend(case.fields.iter().flat_map(|f| field(scope, f, way, false)));
        interfaces.push(InterfaceModel {
            doc: lines(&case.doc),
            name: case_name,
            fields,
            aliases: Vec::new(),
        });
    }
    let code = layout::print(&union(&format!("export type {name}{suffix} ="), &members), 0);
    (interfaces, TypeModel { doc: lines(&item.doc), code })
}

/// The constructors of a union's cases.
pub(crate) fn factories(
    scope: &Scope<'_>,
    at: At,
    item: &Union,
) -> (Vec<BodyModel>, Option<(String, Vec<BodyModel>)>) {
    let pattern = item.factory.get(&Lang::Ts);
    let Some(pattern) = pattern else { return (Vec::new(), None) };
    let result = format!("{}{}", names::ty(&item.name), scope.union_suffix(at, Way::In));
    let factory = |name: String, is_member: bool, case: &crate::ir::Case| {
        let mut params = Vec::new();
        let mut members = vec![format!("{}: {}", member_key(&item.tag), names::text(&case.text))];
        for f in &case.fields {
            let name = names::field(scope.api, &f.name, &f.ty, false);
            let variable = names::variable(&name);
            let (ty, variadic) = match &f.ty {
                Type::List(of) if f.variadic => (format!("{}[]", scope.ty(of, Way::In)), true),
                ty => (scope.ty(ty, Way::In), false),
            };
            let mark = if f.may_be_left_out() && !variadic { "?" } else { "" };
            params.push(text(format!("{}{variable}{mark}: {ty}", if variadic { "..." } else { "" })));
            members.push(if name == variable { name } else { format!("{}: {variable}", names::key(&name)) });
        }
        let head = if is_member { name } else { format!("export function {name}") };
        let level = usize::from(is_member);
        let head =
            layout::print(&layout::concat([call(&head, params), text(format!(": {result} {{"))]), level);
        let value = format!("return {{ {} }};", members.join(", "));
        BodyModel { doc: lines(&case.doc), head: head.trim_end_matches(" {").into(), body: vec![value] }
    };
    let named = |pattern: &str, case: &crate::ir::Case| crate::case::camel(&pattern.replace('*', &case.name));
    match pattern.split_once('.') {
        Some((owner, pattern)) => {
            let members = item.cases.iter().map(|case| factory(named(pattern, case), true, case)).collect();
            (Vec::new(), Some((crate::case::camel(owner), members)))
        }
        None => (item.cases.iter().map(|case| factory(named(pattern, case), false, case)).collect(), None),
    }
}
