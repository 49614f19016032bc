//! The dispatch of the C testee of the conformance suite.

mod calls;
mod codec;
mod surface;
mod timed;

use super::Target;
use super::cpack::{names, tidy, types};
use crate::files::FileSet;
use crate::ir::Api;
use anyhow::Result;
use askama::Template;
use calls::CallModel;
use codec::Codecs;

const DIR: &str = "conformance/testees/c/gen";

/// Dispatch of the C testee.
#[derive(Debug)]
pub struct TesteeC;

impl Target for TesteeC {
    fn name(&self) -> &'static str {
        "testee_c"
    }

    fn render(&self, api: &Api) -> Result<FileSet> {
        let mut codecs = Codecs::default();
        let mut template = DispatchTemplate::default();
        for (position, module) in api.modules.iter().enumerate() {
            codecs.module(api, position, module)?;
            for item in &module.hosts {
                template.hosts.extend(codec::host(api, item)?);
            }
            template.calls.extend(calls::module(api, module)?);
            template.calls.extend(timed::module(api, module)?);
            for family in &module.families {
                for kind in &family.kinds {
                    let (show, read) = codec::kind(api, family, kind)?;
                    template.kinds.push(KindModel {
                        family: types::quoted(&family.name),
                        family_number: names::family(&family.name),
                        number: names::constant(&[&family.name, &kind.name]),
                        text: types::quoted(&kind.text),
                        name: types::quoted(&kind.name),
                        function: format!("{}_{}", family.name, kind.name),
                        show,
                        read,
                    });
                }
            }
        }
        template.codecs = codecs.lines;
        template.modules = api.modules.iter().map(|module| module.name.clone()).collect();
        let mut files = FileSet::default();
        files.add(format!("{DIR}/dispatch.h"), tidy(&template.render()?));
        let lines = (0..api.modules.len()).flat_map(|position| surface::module(api, position)).collect();
        let headers = (0..api.modules.len()).filter_map(|position| surface::header(api, position)).collect();
        files.add(format!("{DIR}/surface.h"), SurfaceTemplate { headers, lines }.render()?);
        Ok(files)
    }
}

struct KindModel {
    family: String,
    family_number: String,
    number: String,
    text: String,
    name: String,
    function: String,
    show: Vec<String>,
    read: Vec<String>,
}

#[derive(Template)]
#[template(path = "testee_c/surface.jinja", escape = "none")]
struct SurfaceTemplate {
    headers: Vec<String>,
    lines: Vec<String>,
}

#[derive(Template, Default)]
#[template(path = "testee_c/dispatch.jinja", escape = "none")]
struct DispatchTemplate {
    modules: Vec<String>,
    codecs: Vec<String>,
    kinds: Vec<KindModel>,
    hosts: Vec<String>,
    calls: Vec<CallModel>,
}
