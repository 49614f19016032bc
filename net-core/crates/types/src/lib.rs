//! Types, errors, layouts and contracts, generated from the interface spec.
