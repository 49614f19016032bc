//! A C compiler, with pkg-config and with CMake.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::{Installed, Project};

const PROGRAMS: [&str; 2] = ["quickstart", "about"];

/// What pkg-config calls the two libraries.
const LIBRARIES: [&str; 2] = ["net-mesh", "net-mesh-static"];

pub(super) fn install(project: &Project) -> Result<Installed> {
    let archive = project.bring("c")?.pop().context("there is no archive")?;
    let unpack = ["--strip-components", "1", "--file"];
    project
        .job
        .run(project.command("tar", "packages").args(["--extract", "--gzip"]).args(unpack).arg(archive))?;
    project.write("sdks/c/examples/quickstart.c", "quickstart.c")?;
    project.write("conformance/install/c/about.c", "about.c")?;
    let mut installed = Installed { how: "cc with pkg-config, CMake", programs: 0, untried: vec![] };
    if is_there("pkg-config") {
        with_pkg_config(project)?;
        installed.programs += 4;
    } else {
        installed.untried.push("pkg-config");
    }
    if is_there("cmake") {
        with_cmake(project)?;
        installed.programs += 4;
    } else {
        installed.untried.push("CMake");
    }
    a_missing_symbol_stops_the_program(project)?;
    installed.programs += 1;
    Ok(installed)
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn with_pkg_config(project: &Project) -> Result<()> {
    for library in LIBRARIES {
        let mut ask = project.command("pkg-config", "");
        ask.env("PKG_CONFIG_PATH", project.path("packages/lib/pkgconfig"));
        let flags = project.job.capture(ask.args(["--cflags", "--libs", library]))?;
        for program in PROGRAMS {
            let out = format!("{program}-{library}");
            let mut cc = project.command("cc", "");
            cc.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-o", &out]).arg(format!("{program}.c"));
            project.job.run(cc.args(flags.split_whitespace()))?;
        }
        run(project, &format!("./quickstart-{library}"), &format!("./about-{library}"))?;
    }
    Ok(())
}

fn with_cmake(project: &Project) -> Result<()> {
    project.write("conformance/install/c/CMakeLists.txt", "CMakeLists.txt")?;
    let prefix = format!("-DCMAKE_PREFIX_PATH={}", project.path("packages").display());
    project.job.run(project.command("cmake", "").args(["-S", ".", "-B", "build", &prefix]))?;
    project.job.run(project.command("cmake", "").args(["--build", "build"]))?;
    for kind in ["shared", "static"] {
        run(project, &format!("build/quickstart-{kind}"), &format!("build/about-{kind}"))?;
    }
    Ok(())
}

fn run(project: &Project, quick_start: &str, about: &str) -> Result<()> {
    let command = |program: &str| {
        let mut command = project.command(program, "");
        command.env("LD_LIBRARY_PATH", project.path("packages/lib"));
        command
    };
    project.quick_start(&mut command(quick_start))?;
    project.about(&mut command(about))
}

/// A library of the same soname that lacks what the program uses: the loader says so before the program runs.
fn a_missing_symbol_stops_the_program(project: &Project) -> Result<()> {
    let soname = format!("libnet_mesh.so.{}", project.facts.abi.major);
    std::fs::create_dir_all(project.path("lacking"))?;
    std::fs::write(project.path("lacking.c"), "int net_queue_new(void) { return 0; }\n")?;
    let mut cc = project.command("cc", "");
    cc.args(["-shared", "-fPIC", "-o"]).arg(project.path("lacking").join(&soname)).arg("lacking.c");
    project.job.run(cc.arg(format!("-Wl,-soname,{soname}")))?;
    let mut cc = project.command("cc", "");
    cc.args(["quickstart.c", "-o", "quickstart-lacking", "-Ipackages/include", "-Lpackages/lib"]);
    project.job.run(cc.args(["-lnet_mesh", "-Wl,-z,now"]))?;
    let mut lacking = project.command("./quickstart-lacking", "");
    let output = lacking.env("LD_LIBRARY_PATH", project.path("lacking")).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(!output.status.success() && output.stdout.is_empty(), "it ran without what it uses");
    ensure!(said.contains("undefined symbol: net_"), "the loader says {said:?}");
    Ok(())
}
