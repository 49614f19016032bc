//! The C ABI of Net.
