//! Tags, scopes and subnets as functions of the interface.

use net_channel::tag::{Axis, RESERVED_PREFIXES, Separator, Tag as Parsed};
use net_types::{
    Error,
    capability::{AxisSeparator, CapabilityError, GpuVendor, SubnetId, Tag, TagKey, TaxonomyAxis},
};

/// The vendor in small letters, or `unknown`.
pub fn normalize_gpu_vendor(vendor: &str) -> String {
    vendor.trim().to_lowercase().parse().unwrap_or(GpuVendor::Unknown).text().to_owned()
}

/// These tags and the one that names a tenant.
pub fn with_tenant_scope(tags: &[&str], tenant: &str) -> Result<Vec<String>, Error> {
    net_channel::with_tenant_scope(owned(tags), tenant)
}

/// These tags and the one that names a region.
pub fn with_region_scope(tags: &[&str], region: &str) -> Result<Vec<String>, Error> {
    net_channel::with_region_scope(owned(tags), region)
}

/// These tags and the one by which a node is found in its own subnet only.
pub fn with_subnet_local_scope(tags: &[&str]) -> Vec<String> {
    net_channel::with_subnet_local_scope(owned(tags))
}

/// The pair of an axis and a key.
pub fn tag_key(axis: TaxonomyAxis, key: &str) -> Result<TagKey, CapabilityError> {
    check_key(axis, key)?;
    Ok(TagKey { axis, key: key.to_owned() })
}

/// The text of a tag.
pub fn tag_to_string(tag: &Tag) -> Result<String, CapabilityError> {
    match tag {
        Tag::AxisPresent { axis, key } | Tag::AxisValue { axis, key, .. } => check_key(*axis, key)?,
        Tag::Reserved { prefix, body } if prefix.is_empty() && body.is_empty() => {
            return Err(CapabilityError::EmptyTag);
        }
        Tag::Legacy { raw } if raw.is_empty() => return Err(CapabilityError::EmptyTag),
        Tag::Reserved { .. } | Tag::Legacy { .. } => {}
    }
    Ok(match tag {
        Tag::AxisPresent { axis, key } => format!("{axis}.{key}"),
        Tag::AxisValue { axis, key, value, separator } => format!("{axis}.{key}{separator}{value}"),
        Tag::Reserved { prefix, body } => format!("{prefix}{body}"),
        Tag::Legacy { raw } => raw.clone(),
    })
}

/// Takes a tag apart.
pub fn tag_from_string(text: &str) -> Result<Tag, CapabilityError> {
    Ok(match Parsed::parse(text).ok_or(CapabilityError::EmptyTag)? {
        Parsed::Present { axis, key } => Tag::AxisPresent { axis: published(axis), key: key.to_owned() },
        Parsed::Value { axis, key, separator, value } => Tag::AxisValue {
            axis: published(axis),
            key: key.to_owned(),
            value: value.to_owned(),
            separator: match separator {
                Separator::Equals => AxisSeparator::Eq,
                Separator::Colon => AxisSeparator::Colon,
            },
        },
        Parsed::Reserved { prefix, body } => {
            Tag::Reserved { prefix: prefix.to_owned(), body: body.to_owned() }
        }
        Parsed::Free(text) => Tag::Legacy { raw: text.to_owned() },
    })
}

/// Takes a tag apart that is an application's.
pub fn tag_from_user_string(text: &str) -> Result<Tag, CapabilityError> {
    match starts_with_reserved_prefix(text) {
        Some(prefix) => Err(CapabilityError::ReservedTag { tag: text.to_owned(), prefix: prefix.to_owned() }),
        None => tag_from_string(text),
    }
}

/// The reserved prefix that a text begins with.
pub fn starts_with_reserved_prefix(text: &str) -> Option<&'static str> {
    RESERVED_PREFIXES.into_iter().find(|prefix| text.starts_with(prefix))
}

/// The subnet of these levels.
pub fn subnet_id(levels: Vec<u32>) -> Result<SubnetId, Error> {
    let subnet = SubnetId { levels };
    net_channel::published::subnet_of(&subnet)?;
    Ok(subnet)
}

fn owned(tags: &[&str]) -> Vec<String> {
    tags.iter().map(|tag| (*tag).to_owned()).collect()
}

fn check_key(axis: TaxonomyAxis, key: &str) -> Result<(), CapabilityError> {
    match key.is_empty() {
        true => Err(CapabilityError::EmptyKey { axis: axis.text().to_owned() }),
        false => Ok(()),
    }
}

fn published(axis: Axis) -> TaxonomyAxis {
    match axis {
        Axis::Hardware => TaxonomyAxis::Hardware,
        Axis::Software => TaxonomyAxis::Software,
        Axis::Devices => TaxonomyAxis::Devices,
        Axis::Dataforts => TaxonomyAxis::Dataforts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_come_apart_and_together() {
        for text in [
            "hardware.gpu",
            "hardware.gpu.vram_gb=80",
            "software.a:b=c",
            "software.a=",
            "scope:tenant:a",
            "heat:",
            "hardware.",
            "model:llama3-70b",
        ] {
            assert_eq!(tag_to_string(&tag_from_string(text).unwrap()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn the_prefixes_of_the_interface_are_those_of_the_grammar() {
        assert_eq!(net_types::capability::RESERVED_PREFIXES, RESERVED_PREFIXES);
    }
}
