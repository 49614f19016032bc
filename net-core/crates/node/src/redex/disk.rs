//! Directories of logs, which are made when the first file in them is opened.

use std::{fs, io, path::Path};

use net_log::Folder;
use net_types::redex::RedexError;

/// The folder of a log, which is made if need be, with those above it; their names are on disk.
pub(super) fn make(path: &Path) -> Result<Folder, RedexError> {
    let wrong = |error: io::Error| net_log::refusal("create", path.display().to_string(), &error);
    make_all(path).map_err(wrong)?;
    Ok(Folder::new(path))
}

fn make_all(path: &Path) -> io::Result<()> {
    let is_there = |path: &Path| path.as_os_str().is_empty() || path.is_dir();
    let missing: Vec<&Path> = path.ancestors().take_while(|above| !is_there(above)).collect();
    fs::create_dir_all(path)?;
    for above in missing.into_iter().filter_map(Path::parent) {
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        net_log::Dir::sync(&Folder::new(above))?;
    }
    Ok(())
}
