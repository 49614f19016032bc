//! Scopes: tags by which a node says who is to find it. They narrow what queries give; they are no access control.

use net_types::{Error, base::BaseError};
use std::collections::BTreeSet;

/// Start of the tag that names a tenant.
const TENANT: &str = "scope:tenant:";
/// Start of the tag that names a region.
const REGION: &str = "scope:region:";
/// The tag of a node that is found in its own subnet only.
const SUBNET_LOCAL: &str = "scope:subnet-local";

/// Which nodes a query gives, by the scope that each has chosen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ScopeFilter {
    /// All but those that are found in their own subnet only.
    #[default]
    Any,
    /// Those that have chosen no scope.
    GlobalOnly,
    /// Those in the asking node's subnet.
    SameSubnet,
    /// Those of one of these tenants, and those that have chosen no scope.
    Tenants(BTreeSet<String>),
    /// Those of one of these regions, and those that have chosen no scope.
    Regions(BTreeSet<String>),
}

/// Who is to find a node, as its tags say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Scope {
    is_subnet_local: bool,
    tenants: BTreeSet<String>,
    regions: BTreeSet<String>,
}

/// Whether what follows `scope:` in a tag says who is to find a node.
pub(crate) fn names_scope(body: &str) -> bool {
    let is_named = |prefix: &str| body.strip_prefix(prefix).is_some_and(|name| !name.is_empty());
    matches!(body, "subnet-local" | "global") || is_named("tenant:") || is_named("region:")
}

impl Scope {
    pub(crate) fn of_tags(tags: &BTreeSet<String>) -> Self {
        let named = |prefix: &str| {
            let starting = tags.range(prefix.to_owned()..).map_while(|tag| tag.strip_prefix(prefix));
            starting.filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        Self { is_subnet_local: tags.contains(SUBNET_LOCAL), tenants: named(TENANT), regions: named(REGION) }
    }

    /// Whether a query of a filter gives the node; `is_in_subnet` tells whether it is in the asking node's subnet.
    pub(crate) fn is_given(&self, filter: &ScopeFilter, is_in_subnet: impl FnOnce() -> bool) -> bool {
        let is_global = self.tenants.is_empty() && self.regions.is_empty();
        match filter {
            ScopeFilter::SameSubnet => is_in_subnet(),
            _ if self.is_subnet_local => false,
            ScopeFilter::Any => true,
            ScopeFilter::GlobalOnly => is_global,
            ScopeFilter::Tenants(tenants) => is_global || !self.tenants.is_disjoint(tenants),
            ScopeFilter::Regions(regions) => is_global || !self.regions.is_disjoint(regions),
        }
    }
}

/// These tags and the one that names a tenant, which is in them once; `argument` if it is empty.
pub fn with_tenant_scope(tags: Vec<String>, tenant: &str) -> Result<Vec<String>, Error> {
    with_named(tags, TENANT, "tenant_id", tenant)
}

/// These tags and the one that names a region, which is in them once; `argument` if it is empty.
pub fn with_region_scope(tags: Vec<String>, region: &str) -> Result<Vec<String>, Error> {
    with_named(tags, REGION, "region", region)
}

/// These tags and the one by which a node is found in its own subnet only, which is in them once.
pub fn with_subnet_local_scope(tags: Vec<String>) -> Vec<String> {
    with(tags, SUBNET_LOCAL.to_owned())
}

fn with_named(tags: Vec<String>, prefix: &str, argument: &str, name: &str) -> Result<Vec<String>, Error> {
    if name.is_empty() {
        return Err(BaseError::Argument { argument: argument.into(), reason: "it is empty".into() }.into());
    }
    Ok(with(tags, format!("{prefix}{name}")))
}

fn with(mut tags: Vec<String>, tag: String) -> Vec<String> {
    if !tags.contains(&tag) {
        tags.push(tag);
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(tags: &[&str]) -> Scope {
        Scope::of_tags(&tags.iter().map(|tag| (*tag).to_owned()).collect())
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn each_filter_gives_the_nodes_that_chose_it() {
        let nodes = [
            scope(&["gpu", "scope:global"]),
            scope(&["scope:tenant:a"]),
            scope(&["scope:tenant:b", "scope:region:eu"]),
            scope(&["scope:region:us"]),
            scope(&["scope:subnet-local", "scope:tenant:a"]),
        ];
        let cases = [
            (ScopeFilter::Any, [true, true, true, true, false]),
            (ScopeFilter::GlobalOnly, [true, false, false, false, false]),
            (ScopeFilter::Tenants(names(&["a"])), [true, true, false, false, false]),
            (ScopeFilter::Tenants(names(&["a", "b"])), [true, true, true, false, false]),
            (ScopeFilter::Regions(names(&["eu"])), [true, false, true, false, false]),
            (ScopeFilter::Regions(names(&["eu", "us"])), [true, false, true, true, false]),
        ];
        for (filter, expected) in cases {
            let given: Vec<_> = nodes.iter().map(|node| node.is_given(&filter, || true)).collect();
            assert_eq!(given, expected, "{filter:?}");
        }
        let same = ScopeFilter::SameSubnet;
        assert!(nodes.iter().all(|node| node.is_given(&same, || true) && !node.is_given(&same, || false)));
    }

    #[test]
    fn helpers_add_a_tag_once() {
        let tags = with_tenant_scope(vec!["a".into()], "oem-123").unwrap();
        assert_eq!(tags, ["a", "scope:tenant:oem-123"]);
        assert_eq!(with_tenant_scope(tags.clone(), "oem-123").as_ref(), Ok(&tags));
        assert_eq!(with_region_scope(vec![], "eu").unwrap(), ["scope:region:eu"]);
        assert_eq!(with_subnet_local_scope(with_subnet_local_scope(vec![])), ["scope:subnet-local"]);
        assert!(with_tenant_scope(vec![], "").is_err() && with_region_scope(vec![], "").is_err());
    }
}
