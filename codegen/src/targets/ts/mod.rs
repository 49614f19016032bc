//! TypeScript: the SDK over the napi functions.

mod bodies;
mod codecs;
mod errors;
pub(crate) mod layout;
mod model;
pub(crate) mod names;
mod natives;
pub(crate) mod objects;
mod overloads;
pub(crate) mod records;
mod signatures;
mod testee;
pub(crate) mod types;
mod unions;

use super::Target;
use crate::files::FileSet;
use crate::ir::{Api, At, Platform};
use anyhow::Result;
use askama::Template;
use codecs::CodecsModel;
use errors::FamilyModel;
use model::{BodyModel, ConstModel, EnumModel, InterfaceModel, TypeModel};
use natives::NativeModel;
use objects::ObjectModel;
use records::RecordClassModel;
use types::{Scope, Way};

const DIR: &str = "sdks/typescript/core/src/gen";

/// The module whose errors any call can answer with.
const BASE: &str = "base";

/// The TypeScript SDK.
#[derive(Debug)]
pub struct Ts;

impl Target for Ts {
    fn name(&self) -> &'static str {
        "ts"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut files = FileSet::default();
        for (position, module) in api.modules.iter().enumerate() {
            let name = &module.name;
            let has_codecs = codecs::any(api, position);
            files.add(format!("{DIR}/{name}.ts"), public(api, position, has_codecs).render()?);
            if has_codecs {
                let scope = Scope::new(api, position, "t.");
                let model = codecs::model(&scope, position, module);
                let imports = imports(&scope, api, "../", "./");
                let template = CodecsTemplate { module: name, imports, model };
                files.add(format!("{DIR}/codec/{name}.ts"), tidy(&template.render()?));
            }
            let scope = Scope::new(api, position, "");
            let model = natives::natives(&scope, module);
            if !model.functions.is_empty() {
                files.add(
                    format!("{DIR}/native/{name}.ts"),
                    tidy(&NativeTemplate { module: name, model }.render()?),
                );
            }
        }
        let shipped = api.modules.iter().filter(|module| module.feature.as_deref() != Some("conformance"));
        let names = shipped.map(|module| module.name.as_str()).collect();
        files.add(format!("{DIR}/index.ts"), tidy(&IndexTemplate { names }.render()?));
        files.add(format!("{DIR}/spec.ts"), tidy(&SpecTemplate { hash: &api.hash }.render()?));
        let platforms = PlatformsTemplate { platforms: &api.platforms };
        files.add(format!("{DIR}/platforms.ts"), tidy(&platforms.render()?));
        files.add("conformance/testees/node/gen/interface.mjs", tidy(&testee::model(api).render()?));
        Ok(files)
    }
}

fn public(api: &Api, position: usize, has_codecs: bool) -> Rendered {
    let module = &api.modules[position];
    let scope = Scope::new(api, position, "");
    let at = |index| At { module: position, index };
    let mut unions = Vec::new();
    let mut makers = objects::functions(&scope, module);
    let mut factories = Vec::new();
    for (index, item) in module.unions.iter().enumerate() {
        let mut parts = vec![unions::union_types(&scope, at(index), item, Way::Out)];
        if scope.union_differs(at(index)) {
            parts.push(unions::union_types(&scope, at(index), item, Way::In));
        }
        unions.extend(parts);
        let (functions, object) = unions::factories(&scope, at(index), item);
        makers.extend(functions);
        factories.extend(object.map(|(name, members)| FactoriesModel { name, members }));
    }
    let enums = module.enums.iter().map(model::enumeration).chain(module.flags.iter().map(model::flags));
    let records = module.records.iter();
    let objects = module.objects.iter().map(|item| objects::object(&scope, position, item));
    let families = module.families.iter().enumerate();
    let scalars = module.scalars.iter().map(|item| TypeModel {
        doc: model::lines(&item.doc),
        code: format!("export type {} = {};", names::ty(&item.name), scalar(&scope, item)),
    });
    let tuples = module.records.iter().enumerate();
    let tuples = tuples.flat_map(|(index, item)| records::tuples(&scope, at(index), item));
    let model = PublicModel {
        consts: module.consts.iter().map(|item| model::constant(&scope, item)).collect(),
        scalars: scalars.chain(tuples).collect(),
        enums: enums.collect(),
        interfaces: records
            .clone()
            .enumerate()
            .flat_map(|(index, item)| records::interfaces(&scope, at(index), item))
            .chain(module.hosts.iter().map(|item| model::host_interface(&scope, item)))
            .collect(),
        classes: records
            .enumerate()
            .filter_map(|(index, item)| records::record_class(&scope, module, at(index), item))
            .collect(),
        unions,
        factories,
        objects: objects.collect(),
        functions: makers,
        families: families.map(|(index, item)| errors::family(&scope, at(index), item)).collect(),
    };
    let has_natives = !natives::natives(&scope, module).functions.is_empty();
    Rendered {
        name: module.name.clone(),
        // The errors of the base family stand before the check that may throw one.
        checks_spec: module.name != BASE,
        imports: imports(&scope, api, "./", "./codec/"),
        model,
        has_codecs,
        has_natives,
    }
}

/// What crosses as the scalar: what is handed out.
fn scalar(scope: &Scope<'_>, item: &crate::ir::Scalar) -> String {
    let out = if item.out.is_some() { "string".into() } else { scope.ty(&item.base, Way::Out) };
    let mut forms = vec![scope.ty(&item.base, Way::In)];
    forms.extend([out].into_iter().filter(|out| !forms.contains(out)).collect::<Vec<_>>());
    forms.join(" | ")
}

/// Imports of other modules that a file names.
fn imports(scope: &Scope<'_>, api: &Api, types: &str, codecs: &str) -> Vec<ImportModel> {
    let mut used = scope.used.borrow().clone();
    used.sort_unstable();
    let import = |module: &usize| {
        let name = &api.modules[*module].name;
        [
            ImportModel { name: names::module(name), from: format!("{types}{name}") },
            ImportModel { name: names::codecs(name), from: format!("{codecs}{name}") },
        ]
    };
    used.iter().flat_map(import).collect()
}

/// Drops what of the imports a file does not use.
fn tidy(code: &str) -> String {
    let unused = |line: &str| {
        let name = line.strip_prefix("import * as ").and_then(|rest| rest.split(' ').next());
        name.is_some_and(|name| !reaches(code, name))
    };
    let kept: Vec<_> = code.lines().filter(|line| !unused(line)).collect();
    kept.join("\n").trim_end().to_owned() + "\n"
}

/// Whether code reaches into something of a name, which may also be the end of a word in its comments.
fn reaches(code: &str, name: &str) -> bool {
    let within = |before: &str| before.ends_with(|last: char| last.is_alphanumeric() || "_$.".contains(last));
    code.match_indices(&format!("{name}.")).any(|(at, _)| !within(&code[..at]))
}

struct Rendered {
    name: String,
    checks_spec: bool,
    imports: Vec<ImportModel>,
    model: PublicModel,
    has_codecs: bool,
    has_natives: bool,
}

impl Rendered {
    fn render(&self) -> Result<String> {
        let template = PublicTemplate {
            module: &self.name,
            checks_spec: self.checks_spec,
            imports: &self.imports,
            model: &self.model,
            has_codecs: self.has_codecs,
            has_natives: self.has_natives,
        };
        Ok(tidy(&template.render()?))
    }
}

struct ImportModel {
    name: String,
    from: String,
}

struct FactoriesModel {
    name: String,
    members: Vec<BodyModel>,
}

struct PublicModel {
    consts: Vec<ConstModel>,
    scalars: Vec<TypeModel>,
    enums: Vec<EnumModel>,
    unions: Vec<(Vec<InterfaceModel>, TypeModel)>,
    interfaces: Vec<InterfaceModel>,
    classes: Vec<RecordClassModel>,
    factories: Vec<FactoriesModel>,
    objects: Vec<ObjectModel>,
    functions: Vec<BodyModel>,
    families: Vec<FamilyModel>,
}

#[derive(Template)]
#[template(path = "ts/module.jinja", escape = "none")]
struct PublicTemplate<'a> {
    module: &'a str,
    checks_spec: bool,
    imports: &'a [ImportModel],
    model: &'a PublicModel,
    has_codecs: bool,
    has_natives: bool,
}

#[derive(Template)]
#[template(path = "ts/codecs.jinja", escape = "none")]
struct CodecsTemplate<'a> {
    module: &'a str,
    imports: Vec<ImportModel>,
    model: CodecsModel,
}

#[derive(Template)]
#[template(path = "ts/native.jinja", escape = "none")]
struct NativeTemplate<'a> {
    module: &'a str,
    model: NativeModel,
}

#[derive(Template)]
#[template(path = "ts/index.jinja", escape = "none")]
struct IndexTemplate<'a> {
    names: Vec<&'a str>,
}

#[derive(Template)]
#[template(path = "ts/spec.jinja", escape = "none")]
struct SpecTemplate<'a> {
    hash: &'a str,
}

#[derive(Template)]
#[template(path = "ts/platforms.jinja", escape = "none")]
struct PlatformsTemplate<'a> {
    platforms: &'a [Platform],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_that_only_ends_a_word_is_dropped() {
        let used = "import * as k from '../kernel';\nk.call();\n";
        assert_eq!(tidy(used), used);
        assert_eq!(tidy("import * as k from '../kernel';\n// One link.\n"), "// One link.\n");
    }
}
