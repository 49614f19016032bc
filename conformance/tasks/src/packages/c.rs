//! The archive for C: headers, both libraries, and what pkg-config and CMake read.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::{Factory, files};

/// Makes the archive.
pub(super) fn pack(factory: &Factory) -> Result<()> {
    let facts = &factory.facts;
    let name = format!("net-mesh-c-{}-{}", facts.version, facts.host.name);
    let folder = factory.stage(&format!("c/{name}"))?;
    let workspace = factory.workspace;
    for headers in ["bindings/c/include", "sdks/c/include"] {
        let wanted = |file: &str| !facts.leaves_out(file);
        files::copy_tree(&workspace.path(headers), &folder.join("include"), &wanted)?;
    }
    for file in ["LICENSE", "sdks/c/README.md", "sdks/c/CHANGELOG.md"] {
        files::copy(&workspace.path(file), &folder)?;
    }
    files::copy(&workspace.path("sdks/c/examples/quickstart.c"), &folder.join("examples"))?;
    libraries(factory, &folder.join("lib"))?;
    for (path, text) in descriptions(factory)? {
        let path = folder.join("lib").join(path);
        fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        fs::write(path, text)?;
    }
    files::tar_gz(&folder, &factory.dist("c")?.join(format!("{name}.tar.gz")))
}

/// The static library, and the shared one under the names that the linker, the loader and people look for.
fn libraries(factory: &Factory, lib: &Path) -> Result<()> {
    fs::create_dir_all(lib)?;
    let abi = factory.facts.abi;
    factory.without_debug_info(&factory.built("libnet_mesh", "a"), &lib.join("libnet_mesh.a"))?;
    let soname = format!("libnet_mesh.so.{}", abi.major);
    let file = format!("{soname}.{}", abi.minor);
    fs::copy(factory.built("libnet_mesh", "so"), lib.join(&file))?;
    files::link(&file, &lib.join(&soname))?;
    files::link(&soname, &lib.join("libnet_mesh.so"))
}

/// Descriptions of the libraries, which find them wherever the archive is unpacked.
fn descriptions(factory: &Factory) -> Result<[(&'static str, String); 4]> {
    let needs = factory.native_libraries()?;
    let fill = |text: &str| {
        let facts = &factory.facts;
        text.replace("@VERSION@", facts.version)
            .replace("@REPOSITORY@", facts.repository)
            .replace("@ABI_MAJOR@", &facts.abi.major.to_string())
            .replace("@ABI_MINOR@", &facts.abi.minor.to_string())
            .replace("@NATIVE_LIBRARIES@", &needs)
    };
    Ok([
        ("pkgconfig/net-mesh.pc", fill(include_str!("c/net-mesh.pc"))),
        ("pkgconfig/net-mesh-static.pc", fill(include_str!("c/net-mesh-static.pc"))),
        ("cmake/net_mesh/net_mesh-config.cmake", fill(include_str!("c/net_mesh-config.cmake"))),
        (
            "cmake/net_mesh/net_mesh-config-version.cmake",
            fill(include_str!("c/net_mesh-config-version.cmake")),
        ),
    ])
}
