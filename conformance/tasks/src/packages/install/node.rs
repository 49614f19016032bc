//! npm, without a registry: the tarballs are its only source.

use anyhow::Result;

use super::{Installed, Project};

pub(super) fn install(project: &Project) -> Result<Installed> {
    let packages = project.bring("npm")?;
    project.write("sdks/typescript/examples/quickstart.mjs", "quickstart.mjs")?;
    for program in ["about.mjs", "about.cjs"] {
        project.write(&format!("conformance/install/typescript/{program}"), program)?;
    }
    std::fs::write(project.path("package.json"), "{ \"private\": true }\n")?;
    let mut npm = project.command("npm", "");
    npm.env("npm_config_cache", project.path("cache")).args([
        "install",
        "--offline",
        "--no-audit",
        "--no-fund",
    ]);
    project.job.run(npm.args(packages))?;
    project.quick_start(project.command("node", "").arg("quickstart.mjs"))?;
    for program in ["about.mjs", "about.cjs"] {
        project.about(project.command("node", "").arg(program))?;
    }
    Ok(Installed { how: "npm install --offline", programs: 3, untried: vec![] })
}
