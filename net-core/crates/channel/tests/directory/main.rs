//! Directories: each alone, and many of them linked; and who hears what in such a mesh.

mod announcing;
mod hostile;
mod kit;
mod limits;
mod policy;
mod revoking;
mod spreading;
