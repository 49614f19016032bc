//! What nodes can do, and who may hear what.
//!
//! | module | what it does |
//! |---|---|
//! | `tag` | the grammar of tags |
//! | `capabilities` | capabilities as people write them, and the tags that they stand for |
//! | `state` | what is announced, in its one form, and changes of it |
//! | `announcement` | signed announcements, and revocations of this node |
//! | `directory` | what all nodes have announced and revoked, and how it spreads |
//! | `index`, `filter`, `scope` | what nodes have, to be searched |
//! | `subnet` | where nodes stand, and who sees whom |
//! | `published` | all of that in the forms of the interface |
//! | `publisher` | channels of this node: who may hear them, and to whom an event goes |
//! | `subscriptions` | channels of other nodes that this one hears |
//!
//! Nothing here reads a clock, draws a random number or sends anything: the caller passes a [`Moment`], hands in what
//! neighbours have sent, and sends what there is to say. Tags are what their origin says of itself: they help to find and
//! narrow what is delivered, and permit nothing.

#![forbid(unsafe_code)]

mod announcement;
pub mod capabilities;
mod config;
mod counters;
mod directory;
mod filter;
mod index;
pub mod published;
pub mod publisher;
mod scope;
mod state;
mod subnet;
mod subscriptions;
pub mod tag;
mod types;

pub use announcement::Edition;
pub use capabilities::Capabilities;
pub use config::Config;
pub use counters::{Counters, Drop};
pub use directory::Directory;
pub use filter::{Filter, Preferences};
pub use index::{Index, Profile};
pub use scope::{ScopeFilter, with_region_scope, with_subnet_local_scope, with_tenant_scope};
pub use state::State;
pub use subnet::{SubnetId, SubnetPolicy, SubnetRule, Visibility};
pub use subscriptions::{Notice, SubscriptionId, Subscriptions, Wish};
pub use types::{Event, Moment};
