//! Copies of the checkout that may be spoiled.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::workspace::{STATIC_LIBRARY, Workspace};

/// Folders of what is built or belongs to tools; a copy has its own.
const OWN: [&str; 8] = [
    "target",
    "dist",
    "snapshots",
    "__pycache__",
    ".git",
    // Tools that look at the checkout meanwhile write these.
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
];

/// Extensions of what is built and stands among the sources; a copy has links to it.
const BUILT: [&str; 2] = ["so", "node"];

/// A folder that is as large as it is unchanging; a copy has a link to it.
const PACKAGES: &str = "node_modules";

/// Makes a copy in the folder, in which some files have other texts, or brings it up to date.
///
/// A file whose text is already right is left alone, so that build tools see what has changed.
pub(crate) fn make(workspace: &Workspace, folder: &Path, texts: HashMap<&str, &str>) -> Result<Workspace> {
    let root = workspace.path("");
    for path in texts.keys() {
        ensure!(root.join(path).is_file(), "the checkout has no {path}");
    }
    sync(&root, folder, "", &texts)?;
    let copy = Workspace::new(folder.to_owned(), folder.join("target"));
    for product in [STATIC_LIBRARY, "venv"] {
        link(&workspace.target(product), &copy.target(product))?;
    }
    Ok(copy)
}

/// Makes `to` what `from` is; `path` is where they stand in the checkout.
fn sync(from: &Path, to: &Path, path: &str, texts: &HashMap<&str, &str>) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    let mut names = HashSet::new();
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        let (source, target) = (entry.path(), to.join(&name));
        let inner = if path.is_empty() { text.to_string() } else { format!("{path}/{text}") };
        if OWN.contains(&&*text) {
            continue;
        } else if text == PACKAGES || is_built(&source) {
            link(&source, &target)?;
        } else {
            unlink(&target)?;
            if source.is_dir() {
                sync(&source, &target, &inner, texts)?;
            } else {
                copy(&source, &target, texts.get(inner.as_str()).copied())?;
            }
        }
        names.insert(name);
    }
    remove_others(to, &names)
}

/// Copies a file, with another text if there is one.
fn copy(from: &Path, to: &Path, text: Option<&str>) -> Result<()> {
    let wanted = match text {
        Some(text) => text.as_bytes().to_vec(),
        None => fs::read(from).with_context(|| format!("cannot read {}", from.display()))?,
    };
    if fs::read(to).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    fs::write(to, wanted).with_context(|| format!("cannot write {}", to.display()))?;
    fs::set_permissions(to, fs::metadata(from)?.permissions()).context("cannot set permissions")
}

/// Removes a link, so that nothing is written to where it leads.
fn unlink(path: &Path) -> Result<()> {
    if path.is_symlink() {
        fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

fn is_built(path: &Path) -> bool {
    path.extension().is_some_and(|extension| BUILT.iter().any(|built| *built == extension))
}

fn remove_others(folder: &Path, names: &HashSet<OsString>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if names.contains(&name) || OWN.iter().any(|own| *own == name) {
            continue;
        }
        let path = entry.path();
        let removed =
            if entry.file_type()?.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

/// Links what is built, unless it is linked; what does not exist is left out.
fn link(from: &Path, to: &Path) -> Result<()> {
    if !from.exists() || fs::read_link(to).is_ok_and(|found| found == from) {
        return Ok(());
    }
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    unlink(to)?;
    symlink(from, to).with_context(|| format!("cannot link {}", from.display()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::{env, process};

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let root = env::temp_dir().join(format!("net-tasks-copy-{}-{name}", process::id()));
            fs::create_dir_all(&root).unwrap();
            Self(root)
        }

        fn file(&self, path: &str, text: &str) -> &Self {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            self
        }

        fn text(&self, path: &str) -> Option<String> {
            fs::read_to_string(self.0.join(path)).ok()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_copy_follows_its_original_except_where_it_is_spoiled() {
        let (from, to) = (Folder::new("from"), Folder::new("to"));
        from.file("src/a.rs", "a").file("src/b.rs", "b").file("src/lib.so", "so").file("dist/old.js", "js");
        to.file("src/gone.rs", "gone").file("dist/new.js", "own");
        let original = Workspace::new(from.0.clone(), from.0.join("target"));
        make(&original, &to.0, HashMap::from([("src/b.rs", "spoiled")])).unwrap();
        assert_eq!(to.text("src/a.rs").as_deref(), Some("a"));
        assert_eq!(to.text("src/b.rs").as_deref(), Some("spoiled"));
        assert_eq!(to.text("src/gone.rs"), None);
        assert_eq!(to.text("dist/old.js"), None);
        assert_eq!(to.text("dist/new.js").as_deref(), Some("own"));
        assert_eq!(fs::read_link(to.0.join("src/lib.so")).unwrap(), from.0.join("src/lib.so"));
        assert_eq!(from.text("src/b.rs").as_deref(), Some("b"));
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let (from, to) = (Folder::new("linked"), Folder::new("links"));
        from.file("src/a.rs", "a");
        symlink(from.0.join("src"), to.0.join("src")).unwrap();
        let original = Workspace::new(from.0.clone(), from.0.join("target"));
        make(&original, &to.0, HashMap::from([("src/a.rs", "spoiled")])).unwrap();
        assert_eq!(from.text("src/a.rs").as_deref(), Some("a"));
        assert_eq!(to.text("src/a.rs").as_deref(), Some("spoiled"));
    }

    #[test]
    fn only_what_exists_can_be_spoiled() {
        let (from, to) = (Folder::new("lacks"), Folder::new("nothing"));
        from.file("a.rs", "a");
        let original = Workspace::new(from.0.clone(), from.0.join("target"));
        let error = make(&original, &to.0, HashMap::from([("b.rs", "spoiled")])).unwrap_err();
        assert_eq!(error.to_string(), "the checkout has no b.rs");
    }

    #[test]
    fn what_is_right_is_not_written_again() {
        let (from, to) = (Folder::new("same"), Folder::new("kept"));
        from.file("a.rs", "a");
        let original = Workspace::new(from.0.clone(), from.0.join("target"));
        make(&original, &to.0, HashMap::new()).unwrap();
        let written = || fs::metadata(to.0.join("a.rs")).unwrap().modified().unwrap();
        let first = written();
        make(&original, &to.0, HashMap::new()).unwrap();
        assert_eq!(written(), first);
    }
}
