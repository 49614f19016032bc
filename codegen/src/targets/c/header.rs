//! The header of the C ABI, made by cbindgen out of the written and generated sources.

use super::model::FunctionModel;
use super::names;
use crate::files::FileSet;
use crate::ir::Api;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

const PATH: &str = "bindings/c/include/net_mesh.h";

/// Written sources that declare types and functions.
const WRITTEN: [&str; 4] = [
    "bindings/c/src/abi.rs",
    "bindings/c/src/functions/library.rs",
    "bindings/c/src/queue.rs",
    "bindings/c/src/functions/queue.rs",
];

/// Rust types, and what C calls them.
const TYPES: [(&str, &str); 9] = [
    ("Bytes", "net_bytes"),
    ("Code", "net_code"),
    ("Done", "net_done"),
    ("Event", "net_event"),
    ("Failure", "net_error"),
    ("Handle", "net_handle"),
    ("Host", "net_host"),
    ("Queue", "net_queue"),
    ("View", "net_view"),
];

const START: &str = include_str!("../../../templates/c/header.h");

/// Adds the header to the files that it is made of.
pub fn add(api: &Api, files: &mut FileSet, root: &Path) -> Result<()> {
    let mut text = START.to_owned();
    let version = files.iter().find(|(name, _)| *name == super::VERSION).map(|(_, text)| Ok(text.to_owned()));
    let written = WRITTEN
        .iter()
        .map(|path| fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}")));
    text += &section("The library", &version.into_iter().chain(written).collect::<Result<Vec<_>>>()?)?;
    for module in &api.modules {
        let path = format!("{}/{}.rs", super::DIR, module.name);
        let Some((_, source)) = files.iter().find(|(name, _)| *name == path) else { continue };
        let declarations = section(&format!("Module {}", module.name), &[source.to_owned()])?;
        match &module.feature {
            Some(feature) => {
                let condition = format!("defined({})", names::feature(feature));
                text += &format!("\n#if {condition}{declarations}\n#endif  // {condition}\n");
            }
            None => text += &declarations,
        }
    }
    text += "\n#ifdef __cplusplus\n}  // extern \"C\"\n#endif\n\n#endif  // NET_MESH_H\n";
    files.add(PATH, text);
    Ok(())
}

/// A function as the header declares it, in one line.
pub(crate) fn declaration(function: &FunctionModel) -> String {
    let params: Vec<_> = function.params.split(", ").filter_map(|param| param.split_once(": ")).collect();
    let params: Vec<_> = params.into_iter().map(|(name, ty)| declared(name, ty)).collect();
    format!("{}({})", declared(&function.name, &function.returns), params.join(", "))
}

/// A name behind its type, as C writes it.
fn declared(name: &str, ty: &str) -> String {
    if let Some(target) = ty.strip_prefix("*mut ") {
        return declared(&format!("*{name}"), target);
    }
    if let Some(target) = ty.strip_prefix("*const ") {
        return format!("const {}", declared(&format!("*{name}"), target));
    }
    let known = TYPES.iter().find(|(rust, _)| *rust == ty).map(|(_, c)| (*c).to_owned());
    let ty = known.unwrap_or_else(|| match ty {
        "bool" => "bool".into(),
        "f64" => "double".into(),
        "c_void" => "void".into(),
        own if own.starts_with("net_") => own.into(),
        unsigned if unsigned.starts_with('u') => format!("uint{}_t", &unsigned[1..]),
        signed => format!("int{}_t", signed.trim_start_matches('i')),
    });
    format!("{ty} {name}")
}

/// The declarations of some sources under a title.
fn section(title: &str, sources: &[String]) -> Result<String> {
    let folder = std::env::temp_dir().join(format!("net-codegen-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let declarations = declarations(sources, &folder);
    fs::remove_dir_all(&folder)?;
    let rule = "-".repeat(95 - title.len());
    Ok(format!("\n// {title} {rule}\n\n{}\n", declarations?.trim()))
}

/// What cbindgen makes of some sources, which it reads from files only.
fn declarations(sources: &[String], folder: &Path) -> Result<String> {
    let mut builder = cbindgen::Builder::new().with_config(config());
    for (position, source) in sources.iter().enumerate() {
        let path = folder.join(format!("{position}.rs"));
        fs::write(&path, source)?;
        builder = builder.with_src(path);
    }
    let mut out = Vec::new();
    builder.generate().context("cbindgen refuses the sources")?.write(&mut out);
    Ok(String::from_utf8(out)?)
}

fn config() -> cbindgen::Config {
    cbindgen::Config {
        language: cbindgen::Language::C,
        no_includes: true,
        usize_is_size_t: true,
        style: cbindgen::Style::Both,
        documentation_style: cbindgen::DocumentationStyle::C99,
        line_length: 100,
        tab_width: 2,
        export: cbindgen::ExportConfig {
            rename: TYPES.iter().map(|(rust, c)| ((*rust).to_owned(), (*c).to_owned())).collect(),
            ..Default::default()
        },
        function: cbindgen::FunctionConfig { args: cbindgen::Layout::Auto, ..Default::default() },
        ..Default::default()
    }
}
