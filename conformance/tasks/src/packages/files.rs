//! Folders and archives that come out the same whenever they are made of the same files.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;

/// An empty folder, whatever was there.
pub(crate) fn empty(folder: PathBuf) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Copies a file into a folder, which is made if need be.
pub(crate) fn copy(from: &Path, folder: &Path) -> Result<()> {
    let name = from.file_name().context("a file has a name")?;
    fs::create_dir_all(folder)?;
    fs::copy(from, folder.join(name)).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}

/// Copies what is in a folder and its subfolders, where the name of the file or subfolder is wanted.
pub(crate) fn copy_tree(from: &Path, to: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<()> {
    for path in entries(from)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !wanted(&name) {
            continue;
        }
        if path.is_dir() {
            copy_tree(&path, &to.join(&*name), wanted)?;
        } else {
            copy(&path, to)?;
        }
    }
    Ok(())
}

/// What is in a folder, in order.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = read.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// A link beside the file that it leads to.
pub(crate) fn link(target: &str, link: &Path) -> Result<()> {
    symlink(target, link).with_context(|| format!("cannot link {}", link.display()))
}

/// Packs a folder, under its name, as `.tar.gz`.
pub(crate) fn tar_gz(folder: &Path, archive: &Path) -> Result<()> {
    let name = folder.file_name().context("a folder has a name")?;
    let mut builder = tar::Builder::new(GzEncoder::new(create(archive)?, Compression::best()));
    builder.mode(tar::HeaderMode::Deterministic);
    builder.follow_symlinks(false);
    append(&mut builder, folder, Path::new(name))?;
    builder.into_inner()?.finish()?;
    Ok(())
}

fn append<W: io::Write>(builder: &mut tar::Builder<W>, folder: &Path, name: &Path) -> Result<()> {
    for path in entries(folder)? {
        let inner = name.join(path.file_name().unwrap_or_default());
        if path.is_dir() && !path.is_symlink() {
            append(builder, &path, &inner)?;
        } else {
            builder.append_path_with_name(&path, &inner)?;
        }
    }
    Ok(())
}

/// Packs a folder as `.zip`, with a prefix before every path.
pub(crate) fn zip(folder: &Path, prefix: &str, archive: &Path) -> Result<()> {
    let mut writer = zip::ZipWriter::new(create(archive)?);
    store(&mut writer, folder, prefix)?;
    writer.finish()?.flush()?;
    Ok(())
}

fn store(writer: &mut zip::ZipWriter<File>, folder: &Path, prefix: &str) -> Result<()> {
    for path in entries(folder)? {
        let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            store(writer, &path, &format!("{name}/"))?;
        } else {
            writer.start_file(name, SimpleFileOptions::default())?;
            io::copy(&mut File::open(&path)?, writer)?;
        }
    }
    Ok(())
}

fn create(archive: &Path) -> Result<File> {
    if let Some(folder) = archive.parent() {
        fs::create_dir_all(folder)?;
    }
    File::create(archive).with_context(|| format!("cannot write {}", archive.display()))
}
