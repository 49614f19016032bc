//! The Node.js binding of Net.
