//! The targets: each lowers the interface to a printed model of strings and truth values, and its templates print that.

pub mod c;
pub mod cpack;
pub mod fuzz;
pub mod go;
pub(crate) mod imports;
pub mod naming;
pub mod node;
pub(crate) mod notes;
pub mod python;
pub mod reference;
pub mod rust;
pub mod rust_sdk;
pub mod rust_testee;
pub mod support;
pub(crate) mod testee;
pub mod testee_c;
pub mod ts;
pub mod wire;

use crate::files::FileSet;
use crate::ir::Api;
use anyhow::Result;
use std::thread;

/// One kind of output.
pub trait Target: Send + Sync {
    /// Its name in messages.
    fn name(&self) -> &'static str;

    /// Renders every file that it emits.
    fn render(&self, api: &Api) -> Result<FileSet>;
}

/// Every target but the codecs of layouts.
pub fn all() -> Vec<Box<dyn Target>> {
    vec![
        Box::new(rust::Rust),
        Box::new(support::Support),
        Box::new(c::C),
        Box::new(cpack::CPack),
        Box::new(testee_c::TesteeC),
        Box::new(rust_sdk::RustSdk),
        Box::new(rust_testee::RustTestee),
        Box::new(fuzz::Fuzz),
        Box::new(go::Go),
        Box::new(python::Python),
        Box::new(reference::Reference),
        Box::new(node::Node),
        Box::new(ts::Ts),
    ]
}

/// Renders every target, each in a thread of its own.
pub fn render(api: &Api) -> Result<FileSet> {
    let targets: Vec<_> = all().into_iter().chain(wire::all()).collect();
    thread::scope(|scope| {
        let rendering: Vec<_> =
            targets.iter().map(|target| scope.spawn(move || target.render(api))).collect();
        let mut files = FileSet::default();
        for rendered in rendering {
            files.extend(rendered.join().expect("a target does not panic")?);
        }
        Ok(files)
    })
}
