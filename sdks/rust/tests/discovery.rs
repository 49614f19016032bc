//! What nodes announce, as a program finds and watches it.

use net_mesh::capability::{
    CapabilityError, CapabilityFilter, CapabilitySet, GpuInfo, GpuVendor, Hardware, ScopeFilter,
    with_tenant_scope,
};
use net_mesh::mesh::MeshNodeConfig;
use net_mesh::{Error, MeshNode};

async fn node() -> MeshNode {
    let config = MeshNodeConfig::new("127.0.0.1:0".into(), "0".repeat(64));
    MeshNode::create(config).await.expect("a node")
}

#[tokio::test]
async fn nodes_are_found_and_watched() {
    let (from, to) = (node().await, node().await);
    let id = from.node_id().expect("an id");
    let gpu = GpuInfo { vendor: GpuVendor::Nvidia, vram_gb: 80, ..Default::default() };
    let caps = CapabilitySet {
        hardware: Some(Hardware { gpu: Some(gpu), ..Default::default() }),
        tags: with_tenant_scope(vec!["edge".to_owned()], "oem-123").expect("a name"),
        ..Default::default()
    };
    from.announce_capabilities(caps.clone(), None).await.expect("announced");
    let filter = CapabilityFilter { require_tags: vec!["edge".into()], ..Default::default() };
    let mut changes = to.watch_nodes(filter, None).expect("a watch");
    let (address, key) = (to.local_addr().expect("an address"), to.public_key().expect("a key"));
    from.connect(&address, key, to.node_id().expect("an id")).await.expect("a session");

    let change = changes.next().await.expect("a change").expect("no error");
    assert_eq!((change.node_id, change.capabilities), (id, Some(caps)));
    let filter = CapabilityFilter { min_vram_mb: 40_000, ..Default::default() };
    assert_eq!(to.find_nodes(filter.clone()), Ok(vec![id]));
    let tenant = |tenant: &str| ScopeFilter::Tenant { tenant: tenant.into() };
    assert_eq!(to.find_nodes_scoped(filter.clone(), tenant("oem-123")), Ok(vec![id]));
    assert_eq!(to.find_nodes_scoped(filter, tenant("oem-124")), Ok(vec![]));

    from.withdraw_capabilities().await.expect("withdrawn");
    let change = changes.next().await.expect("a change").expect("no error");
    assert_eq!((change.node_id, change.capabilities), (id, None));
    assert_eq!(to.peer_capabilities(id), Ok(None));

    let reserved = CapabilitySet { tags: vec!["heat:x".into()], ..Default::default() };
    let refused = from.announce_capabilities(reserved, None).await;
    assert!(matches!(refused, Err(Error::Capability(CapabilityError::ReservedTag { .. }))), "{refused:?}");
    to.shutdown(None).await.expect("an end");
    assert!(changes.next().await.is_none());
    from.shutdown(None).await.expect("an end");
}
