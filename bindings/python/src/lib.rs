//! The Python binding of Net.
