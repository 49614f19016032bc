//! go, with a folder as its only module proxy.

use std::process::Command;

use anyhow::{Result, ensure};

use super::{Installed, Project};

const MODULE: &str = "github.com/net-mesh/go";

pub(super) fn install(project: &Project) -> Result<Installed> {
    project.bring("go")?;
    project.write("sdks/go/examples/quickstart/main.go", "quickstart/main.go")?;
    project.write("conformance/install/go/main.go", "about/main.go")?;
    let job = project.job;
    job.run(go(project).args(["mod", "init", "example.com/installed"]))?;
    job.run(go(project).arg("get").arg(format!("{MODULE}@v{}", project.facts.version)))?;
    let folder = job.capture(go(project).args(["list", "-m", "-f", "{{.Dir}}", MODULE]))?;
    ensure!(folder.starts_with(&*project.path("modules").to_string_lossy()), "it was loaded from {folder}");
    job.run(go(project).args(["build", "-o", "programs/", "./quickstart", "./about"]))?;
    project.quick_start(&mut project.command("programs/quickstart", ""))?;
    project.about(&mut project.command("programs/about", ""))?;
    // A vendored module has its library as well.
    job.run(go(project).args(["mod", "vendor"]))?;
    job.run(go(project).args(["build", "-mod", "vendor", "-o", "programs/vendored", "./quickstart"]))?;
    project.quick_start(&mut project.command("programs/vendored", ""))?;
    Ok(Installed { how: "go get, GOPROXY=file://", programs: 3, untried: vec![] })
}

fn go(project: &Project) -> Command {
    let mut go = project.command("go", "");
    let proxy = format!("file://{}", project.path("packages").display());
    // No database knows a module that only a folder has.
    go.env("GOPROXY", proxy).env("GOSUMDB", "off").env("GOTOOLCHAIN", "local").env("GOWORK", "off");
    go.env("GOMODCACHE", project.path("modules")).env("GOFLAGS", "-modcacherw");
    go
}
