//! pip, without an index: the wheels are its only source.

use anyhow::Result;

use super::{Installed, Project};

pub(super) fn install(project: &Project) -> Result<Installed> {
    project.bring("pypi")?;
    project.write("sdks/python/examples/quickstart.py", "quickstart.py")?;
    project.write("conformance/install/python/about.py", "about.py")?;
    project.job.run(project.command("python3", "").args(["-m", "venv", "venv"]))?;
    let python = || project.command("venv/bin/python", "");
    let offline = ["install", "--no-index", "--find-links", "packages", "--no-cache-dir", "net-mesh-sdk"];
    project.job.run(python().args(["-m", "pip", "--disable-pip-version-check"]).args(offline))?;
    project.job.run(python().args(["-m", "pip", "check"]))?;
    project.quick_start(python().arg("quickstart.py"))?;
    project.about(python().arg("about.py"))?;
    Ok(Installed { how: "pip install --no-index", programs: 2, untried: vec![] })
}
