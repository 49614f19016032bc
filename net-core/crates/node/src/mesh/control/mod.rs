//! The control socket of a node: who may ask, and how the answers travel. Their form is that of `net-inspect`.

mod answers;
#[cfg(unix)]
mod unix;

#[cfg(unix)]
pub(super) use unix::ControlSocket;

#[cfg(not(unix))]
pub(super) use elsewhere::ControlSocket;

/// Systems without Unix sockets.
#[cfg(not(unix))]
mod elsewhere {
    use std::{path::Path, sync::Weak};

    use net_types::mesh::MeshError;

    use crate::mesh::hub::Shared;

    /// There is none.
    #[derive(Debug)]
    pub(in crate::mesh) struct ControlSocket;

    impl ControlSocket {
        pub(in crate::mesh) fn open(path: &Path, _node: Weak<Shared>) -> Result<Self, MeshError> {
            let reason = "this system has no Unix sockets".to_owned();
            Err(MeshError::ControlUnusable { path: path.display().to_string(), reason })
        }
    }
}
