//! Packs on their way to the host, and the objects in them.

use std::{any::Any, sync::Arc};

use net_types::{Error, Stream};

use super::{Pack, Reader, Writer, writer::Held};
use crate::{handles, stream::StreamHandle};

/// A pack that has not reached the host: dropping it frees the handles in it.
#[derive(Debug, Default)]
pub struct Parcel {
    pub(super) bytes: Vec<u8>,
    pub(super) held: Held,
}

impl Parcel {
    /// Packs one value.
    pub fn of<T: Pack>(value: &T) -> Self {
        let mut w = Writer::with_capacity(super::ROOM);
        value.pack(&mut w);
        w.into_parcel()
    }

    /// Hands the pack over, whose handles are the receiver's from now on.
    pub fn deliver(mut self) -> Vec<u8> {
        self.held.release();
        self.bytes
    }
}

/// A pack without handles.
impl From<Vec<u8>> for Parcel {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, held: Held::default() }
    }
}

/// An object that crosses as a handle: packing gives out a new one, unpacking borrows what it stands for.
#[derive(Debug)]
pub struct Shared<T>(pub Arc<T>);

impl<T: Any + Send + Sync> Pack for Shared<T> {
    fn pack(&self, w: &mut Writer) {
        self.0.pack(w);
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        Arc::unpack(r).map(Self)
    }
}

/// An object in a record.
impl<T: Any + Send + Sync> Pack for Arc<T> {
    fn pack(&self, w: &mut Writer) {
        w.object(Self::clone(self));
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        handles::get(r.varint()?)
    }
}

/// A stream in a record, which only crosses to the host.
impl<T: Pack + Send + 'static> Pack for Stream<T> {
    fn pack(&self, w: &mut Writer) {
        w.object(Arc::new(StreamHandle::new(Self::clone(self), |items: Vec<T>| Parcel::of(&items))));
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        Err(r.unknown("stream of the host"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fault, pack};

    #[derive(Debug)]
    struct Object;

    fn handles_in(bytes: &[u8]) -> Vec<u64> {
        pack::decode(bytes).expect("a list of handles")
    }

    #[test]
    fn a_parcel_that_is_dropped_frees_its_handles() {
        let object = Arc::new(Object);
        let parcel = Parcel::of(&vec![Shared(object.clone()), Shared(object.clone())]);
        let handles = handles_in(&parcel.bytes);
        assert_eq!(Arc::strong_count(&object), 3);
        drop(parcel);
        assert_eq!(Arc::strong_count(&object), 1);
        assert!(handles.into_iter().all(|handle| !handles::free(handle)));
    }

    #[test]
    fn a_parcel_that_is_delivered_leaves_its_handles_alive() {
        let handles = handles_in(&Parcel::of(&vec![Shared(Arc::new(Object))]).deliver());
        assert!(handles.into_iter().all(handles::free));
    }

    #[test]
    fn packing_that_panics_frees_what_it_has_given_out() {
        let object = Arc::new(Object);
        let packed = std::panic::catch_unwind(|| {
            let mut w = Writer::new();
            w.object(object.clone());
            panic!("half way");
        });
        assert!(packed.is_err());
        assert_eq!(Arc::strong_count(&object), 1);
    }

    #[test]
    fn an_object_is_found_under_its_handle() {
        let object = Arc::new(Object);
        let bytes = Parcel::of(&Shared(object.clone())).deliver();
        let found: Shared<Object> = pack::decode(&bytes).expect("alive");
        assert!(Arc::ptr_eq(&found.0, &object));
        assert!(handles::free(pack::decode(&bytes).expect("a handle")));
        let gone = pack::decode::<Shared<Object>>(&bytes).expect_err("freed");
        assert_eq!(gone, fault::closed_handle());
    }
}
