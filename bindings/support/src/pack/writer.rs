//! Appending packed values to a buffer.

use std::{any::Any, mem, sync::Arc};

use super::Parcel;
use crate::handles;

/// A buffer that packed values are appended to; dropping it frees the handles in it.
#[derive(Debug, Default)]
pub struct Writer {
    buffer: Vec<u8>,
    held: Held,
}

impl Writer {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty buffer with room for `bytes`.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { buffer: Vec::with_capacity(bytes), held: Held::default() }
    }

    /// Appends a truth value.
    #[inline]
    pub fn bool(&mut self, value: bool) {
        self.buffer.push(value.into());
    }

    /// Appends an unsigned number, a handle or a tag.
    #[inline]
    pub fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.buffer.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.buffer.push(value as u8);
    }

    /// Appends a new handle of an object.
    pub fn object<T: Any + Send + Sync>(&mut self, object: Arc<T>) {
        let handle = handles::put(object);
        self.held.0.push(handle);
        self.varint(handle);
    }

    /// Appends a signed number.
    #[inline]
    pub fn zigzag(&mut self, value: i64) {
        self.varint((value << 1 ^ value >> 63).cast_unsigned());
    }

    /// Appends a floating point number.
    #[inline]
    pub fn f64(&mut self, value: f64) {
        self.raw(&value.to_le_bytes());
    }

    /// Appends a string.
    #[inline]
    pub fn str(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    /// Appends bytes with their length.
    #[inline]
    pub fn bytes(&mut self, value: &[u8]) {
        self.count(value.len());
        self.raw(value);
    }

    /// Appends bytes as they are.
    #[inline]
    pub fn raw(&mut self, value: &[u8]) {
        self.buffer.extend_from_slice(value);
    }

    /// Appends the count that a list or map begins with.
    #[inline]
    pub fn count(&mut self, count: usize) {
        self.varint(count as u64);
    }

    /// Appends a record of `fields` fields, which `body` appends in their order.
    ///
    /// # Panics
    ///
    /// When the body is larger than 4 GiB; within [`guard`](crate::guard()) that is the error `internal`.
    pub fn record(&mut self, fields: usize, body: impl FnOnce(&mut Self)) {
        self.count(fields);
        let at = self.buffer.len();
        self.raw(&[0; 4]);
        body(self);
        let length = u32::try_from(self.buffer.len() - at - 4).expect("a record's body fits 4 GiB");
        self.buffer[at..at + 4].copy_from_slice(&length.to_le_bytes());
    }

    /// Appends the case `case` of a union, with the fields that `body` appends.
    ///
    /// # Panics
    ///
    /// As [`record`](Self::record) does.
    pub fn union(&mut self, case: u64, fields: usize, body: impl FnOnce(&mut Self)) {
        self.varint(case);
        self.record(fields, body);
    }

    /// What is written so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.buffer
    }

    /// The buffer, for whoever takes over the handles in it.
    pub fn into_vec(mut self) -> Vec<u8> {
        self.held.release();
        self.buffer
    }

    /// The buffer with the handles in it.
    pub fn into_parcel(self) -> Parcel {
        Parcel { bytes: self.buffer, held: self.held }
    }
}

/// Handles that nobody has seen yet, freed when they are dropped.
#[derive(Debug, Default)]
pub(super) struct Held(Vec<u64>);

impl Held {
    /// Gives the handles up.
    pub(super) fn release(&mut self) {
        mem::take(&mut self.0);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for handle in self.0.drain(..) {
            handles::free(handle);
        }
    }
}
