//! The Node.js binding of Net: free functions of handles, numbers, texts, byte views and packs.
//!
//! The TypeScript package is the only caller; it checks every argument before it crosses.

pub mod abi;
pub mod r#gen;
pub mod queue;
