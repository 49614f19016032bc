//! The Net runtime behind every binding: a facade over the crates below it.
//!
//! Objects stand at the root under the names of the interface; the functions of all modules are associated functions
//! of [`Functions`]. Nothing here starts a runtime: async functions are plain futures.

#![forbid(unsafe_code)]

#[cfg(feature = "conformance")]
mod echo;

#[cfg(feature = "conformance")]
pub use echo::{EchoAnnex, EchoBox, EchoDoor, EchoGate, EchoPass, EchoVisit, Floor, LetterStream, TypedCell};
pub use net_node::bus::{EventStream, NetNode, TypedChannel, TypedEventStream};
pub use net_node::cortex::{
    FoldAdapter, MemoriesAdapter, MemoryWatchIter, NetDb, TaskWatchIter, TasksAdapter,
};
pub use net_node::dedup::RedisStreamDedup;
pub use net_node::identity::{Identity, Token};
pub use net_node::mesh::{CapabilityChanges, ChannelSubscription, MeshEvents, MeshNode, MeshStream};
pub use net_node::redex::{Redex, RedexFile, RedexTailIter};
pub use net_types as types;

use net_node::{capability, cortex, identity};
use net_types::{
    Error, api,
    base::{ChecksumHash, LibraryInfo},
    bus::NetKeypair,
    capability::{SubnetId, Tag, TagKey, TaxonomyAxis},
    cortex::{AdapterOpenOptions, WriteToken},
    identity::{AuthorizeOptions, TokenInfo, TokenScope},
    netdb::NetDbOpenConfig,
    redex::RedexFileConfig,
};
use std::sync::Arc;

/// The functions of every module of the interface.
#[derive(Debug, Clone, Copy)]
pub struct Functions;

impl api::BaseFunctions for Functions {
    fn version() -> Result<String, Error> {
        Ok(env!("CARGO_PKG_VERSION").to_owned())
    }

    fn checksum(hash: ChecksumHash, data: &[u8]) -> Result<u64, Error> {
        Ok(net_types::cursor::checksum(hash, data))
    }

    fn build_info() -> Result<LibraryInfo, Error> {
        Ok(LibraryInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            spec_hash: net_types::SPEC_HASH.to_owned(),
            features: features(),
            target: env!("NET_TARGET").to_owned(),
        })
    }
}

impl api::BusFunctions for Functions {
    fn generate_net_keypair() -> Result<NetKeypair, Error> {
        net_node::keypair::generate()
    }
}

impl api::CapabilityFunctions for Functions {
    fn normalize_gpu_vendor(vendor: &str) -> Result<String, Error> {
        Ok(capability::normalize_gpu_vendor(vendor))
    }

    fn with_tenant_scope(tags: &[&str], tenant_id: &str) -> Result<Vec<String>, Error> {
        capability::with_tenant_scope(tags, tenant_id)
    }

    fn with_region_scope(tags: &[&str], region: &str) -> Result<Vec<String>, Error> {
        capability::with_region_scope(tags, region)
    }

    fn with_subnet_local_scope(tags: &[&str]) -> Result<Vec<String>, Error> {
        Ok(capability::with_subnet_local_scope(tags))
    }

    fn make_tag_key(axis: TaxonomyAxis, key: &str) -> Result<TagKey, Error> {
        Ok(capability::tag_key(axis, key)?)
    }

    fn tag_to_string(tag: Tag) -> Result<String, Error> {
        Ok(capability::tag_to_string(&tag)?)
    }

    fn tag_from_string(s: &str) -> Result<Tag, Error> {
        Ok(capability::tag_from_string(s)?)
    }

    fn tag_from_user_string(s: &str) -> Result<Tag, Error> {
        Ok(capability::tag_from_user_string(s)?)
    }

    fn starts_with_reserved_prefix(s: &str) -> Result<Option<String>, Error> {
        Ok(capability::starts_with_reserved_prefix(s).map(str::to_owned))
    }

    fn make_subnet_id(levels: Vec<u32>) -> Result<SubnetId, Error> {
        capability::subnet_id(levels)
    }
}

impl api::CortexFunctions for Functions {
    type Redex = Redex;
    type TasksAdapter = TasksAdapter;
    type MemoriesAdapter = MemoriesAdapter;

    async fn tasks_cm(
        redex: Arc<Redex>,
        channel: String,
        options: AdapterOpenOptions,
    ) -> Result<Arc<TasksAdapter>, Error> {
        TasksAdapter::open_named(redex, &channel, options).await
    }

    async fn memories_cm(
        redex: Arc<Redex>,
        channel: String,
        options: AdapterOpenOptions,
    ) -> Result<Arc<MemoriesAdapter>, Error> {
        MemoriesAdapter::open_named(redex, &channel, options).await
    }

    fn write_token_to_string(write_token: &WriteToken) -> Result<String, Error> {
        cortex::print_token(write_token)
    }

    fn write_token_from_string(text: &str) -> Result<WriteToken, Error> {
        cortex::parse_token(text)
    }
}

impl api::NetdbFunctions for Functions {
    type Redex = Redex;
    type NetDb = NetDb;

    async fn netdb_cm(redex: Arc<Redex>, config: NetDbOpenConfig) -> Result<Arc<NetDb>, Error> {
        NetDb::open_on(redex, config).await
    }
}

impl api::IdentityFunctions for Functions {
    type Identity = Identity;
    type Token = Token;

    fn parse_token(bytes: &[u8]) -> Result<TokenInfo, Error> {
        identity::parse_token(bytes)
    }

    fn verify_token(bytes: &[u8]) -> Result<bool, Error> {
        identity::verify_token(bytes)
    }

    fn is_token_expired(bytes: &[u8]) -> Result<bool, Error> {
        identity::is_token_expired(bytes)
    }

    fn delegate_token(
        signer: &Arc<Identity>,
        parent: &Arc<Token>,
        new_subject: &[u8],
        restricted_scope: TokenScope,
        generation: Option<u32>,
    ) -> Result<Arc<Token>, Error> {
        identity::delegate_token(signer, parent, new_subject, restricted_scope, generation)
    }

    fn authorize(chain: Vec<Arc<Token>>, options: AuthorizeOptions) -> Result<(), Error> {
        identity::authorize(&chain, &options)
    }

    fn channel_hash(channel: &str) -> Result<u64, Error> {
        identity::channel_hash(channel)
    }
}

impl api::RedexFunctions for Functions {
    type Redex = Redex;
    type RedexFile = RedexFile;

    fn open_file_cm(
        redex: &Arc<Redex>,
        name: &str,
        config: RedexFileConfig,
    ) -> Result<Arc<RedexFile>, Error> {
        api::Redex::open_file(&**redex, name, config)
    }
}

/// The Cargo features that are on, in alphabetical order.
fn features() -> Vec<String> {
    let mut on = Vec::new();
    for (feature, is_on) in [
        ("conformance", cfg!(feature = "conformance")),
        ("jetstream", cfg!(feature = "jetstream")),
        ("redis", cfg!(feature = "redis")),
    ] {
        if is_on {
            on.push(feature.to_owned());
        }
    }
    on
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::BaseFunctions;

    #[test]
    fn tells_its_version() {
        assert_eq!(Functions::version().unwrap(), env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn tells_how_it_was_built() {
        let info = Functions::build_info().unwrap();
        assert_eq!(info.version, Functions::version().unwrap());
        assert_eq!(info.spec_hash, net_types::SPEC_HASH);
        assert_eq!(info.features.contains(&"conformance".to_owned()), cfg!(feature = "conformance"));
        assert!(info.features.is_sorted());
        assert!(info.target.contains('-'), "{}", info.target);
    }
}
