//! An encrypted peer-to-peer mesh runtime for events, state and compute.
