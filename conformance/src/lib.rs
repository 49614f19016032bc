//! The conformance driver: loads fixtures, runs testees, compares bytes, reports.
