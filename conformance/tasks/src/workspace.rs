//! Where things are, and the environment that commands run in.

use std::env::consts::DLL_SUFFIX;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;
use std::{env, fs};

use anyhow::{Context, Result};

/// The C library, as it is linked into Go and C programs of the checkout.
pub(crate) const STATIC_LIBRARY: &str = "native/libnet_mesh.a";

/// The C library, as it is loaded.
pub(crate) fn shared_library() -> String {
    format!("native/libnet_mesh{DLL_SUFFIX}")
}

/// The checkout.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// The checkout that this program was built from.
    pub(crate) fn find() -> Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().nth(2).context("the tasks crate lies outside its workspace")?;
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |path| root.join(path));
        Ok(Self::new(root.to_owned(), target))
    }

    /// A checkout and the folder of its build products.
    pub(crate) fn new(root: PathBuf, target: PathBuf) -> Self {
        Self { root, target }
    }

    /// A path in the checkout.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// A path among the build products.
    pub(crate) fn target(&self, path: &str) -> PathBuf {
        self.target.join(path)
    }

    /// A path as people type it at the root of the checkout.
    pub(crate) fn shorten<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }

    /// A command that runs in a folder of the checkout and finds the programs of its venv and node packages.
    pub(crate) fn command(&self, program: &str, folder: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path(folder)).env("PATH", self.search_path());
        for (name, _) in env::vars_os().filter(|(name, _)| is_cargos(name)) {
            command.env_remove(name);
        }
        // Logs are for reading: no colours, and no backtraces of the panics that tests ask for.
        command.env("NO_COLOR", "1").env_remove("FORCE_COLOR").env("RUST_BACKTRACE", "0");
        if let Ok(folder) = self.go_library() {
            command.env("CGO_LDFLAGS", format!("-O2 -g -L{}", folder.display()));
        }
        if let Some(paths) = env::var_os("LD_LIBRARY_PATH") {
            command.env("LD_LIBRARY_PATH", self.without_build_folders(&paths));
        }
        command
    }

    /// Cargo, about to build native libraries in the same way for tests and for packages, so that both share the crates of
    /// others.
    pub(crate) fn cargo(&self, command: &str) -> Command {
        let mut cargo = self.command("cargo", "");
        cargo.args([command, "--release"]);
        self.build_natively(&mut cargo);
        cargo
    }

    /// Has a command that runs cargo build libraries as [`Self::cargo`] does.
    pub(crate) fn build_natively(&self, command: &mut Command) {
        command.env("CARGO_TARGET_DIR", &self.target).env("RUSTFLAGS", rust_flags());
        // An interpreter loads the extension module, and brings its own symbols.
        command.env("PYO3_BUILD_EXTENSION_MODULE", "1");
        // Gives shared libraries, too, names of their own per set of features: with one name, cargo takes the library with the
        // conformance module for the one without it.
        command.env("__CARGO_DEFAULT_LIB_METADATA", "net");
    }

    /// A folder for the static library that has another name for each build of it.
    ///
    /// Go's cache does not look into libraries that cgo links, but it knows the flags that name them.
    pub(crate) fn go_library(&self) -> Result<PathBuf> {
        let built = fs::metadata(self.target(STATIC_LIBRARY)).context("the static library is not built")?;
        let time = built.modified()?.duration_since(UNIX_EPOCH)?;
        Ok(self.target("go-link").join(format!("{}-{}", built.len(), time.as_nanos())))
    }

    /// Leaves out what `cargo run` adds: build folders, where another build's library of the same name may lie.
    fn without_build_folders(&self, paths: &OsString) -> OsString {
        let theirs = env::split_paths(paths).filter(|path| !path.starts_with(&self.target));
        env::join_paths(theirs).unwrap_or_default()
    }

    fn search_path(&self) -> OsString {
        let ours = [self.target("venv/bin"), self.path("sdks/typescript/node_modules/.bin")];
        let theirs = env::var_os("PATH").unwrap_or_default();
        let all = ours.into_iter().chain(env::split_paths(&theirs));
        env::join_paths(all).unwrap_or(theirs)
    }
}

/// Has messages of panics name the sources of other crates without this machine's folders.
fn rust_flags() -> String {
    let given = env::var("RUSTFLAGS").unwrap_or_default();
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).unwrap_or_default();
    format!("{given} --remap-path-prefix={}=", home.join("registry/src").display()).trim().to_owned()
}

/// Whether `cargo run` set the variable for this program only.
fn is_cargos(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}
