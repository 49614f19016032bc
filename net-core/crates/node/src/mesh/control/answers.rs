//! What a node answers.

use net_channel::{ScopeFilter, Visibility, publisher};
use net_inspect::{
    Announced, Answer, Channels, Find, Found, Heard, Peer, Question, Registered, Response, Status,
};
use net_types::{
    capability::{CapabilityFilter, CapabilitySet},
    channel::SubscriptionEnd,
    identity::NodeId,
};

use crate::mesh::{hub::Hub, stats};

/// Nodes that are named unless another number is asked for.
const NAMED: u32 = 1_000;

impl Hub {
    /// Answers a request as it came.
    pub(super) fn respond(&self, line: &[u8]) -> Response {
        let answer = net_inspect::parse(line).and_then(|question| self.answer(&question));
        answer.map_or_else(Response::Error, Response::Answer)
    }

    fn answer(&self, question: &Question) -> Result<Answer, String> {
        match question {
            Question::Status => Ok(Answer::Status(self.status())),
            Question::Peers => Ok(Answer::Peers(self.peer_list())),
            Question::Channels => Ok(Answer::Channels(self.channel_list())),
            Question::Find(find) => self.found(find).map(Answer::Found),
        }
    }

    fn status(&self) -> Status {
        let (endpoint, stats) = (self.machine.endpoint(), stats::of_node(self));
        let entity = endpoint.entity_id();
        let address = self.socket.as_ref().and_then(|socket| socket.local_addr().ok());
        Status {
            library: env!("CARGO_PKG_VERSION").to_owned(),
            node_id: shown(entity.node_id()),
            entity_id: entity.to_string(),
            address: address.map(|address| address.to_string()).unwrap_or_default(),
            uptime_ms: self.born.elapsed().as_millis() as u64,
            sessions: stats.sessions,
            half_open: stats.half_open,
            routes: self.machine.router().destinations().count() as u64,
            announced: self.machine.directory().index().len() as u64,
            channels: self.machine.publisher().registrations().count() as u64,
            subscriptions: self.hearing.list().filter(|(.., end)| end.is_none()).count() as u64,
            queued: stats.queued,
            queued_bytes: stats.queued_bytes,
            relayed: stats.relayed,
            dropped: stats.drops.values().chain(stats.route_drops.values()).sum(),
        }
    }

    fn peer_list(&self) -> Vec<Peer> {
        let endpoint = self.machine.endpoint();
        let shown = |(node, peer): (NodeId, &crate::mesh::peers::Peer)| {
            let stats = endpoint.session_stats(peer.session)?;
            let address = match endpoint.path(peer.session)? {
                net_session::Path::Direct(address) => address.to_string(),
                net_session::Path::Routed(_) => "relayed".to_owned(),
            };
            Some(Peer {
                node_id: shown(node),
                address,
                rtt_us: endpoint.rtt(peer.session).unwrap_or_default().as_micros() as u64,
                silent: peer.is_silent,
                messages_sent: stats.messages_sent,
                messages_received: stats.messages_received,
                bytes_sent: stats.bytes_sent,
                bytes_received: stats.bytes_received,
                packets_lost: stats.packets_lost,
                mtu: stats.mtu,
            })
        };
        self.peers.iter().filter_map(shown).collect()
    }

    fn channel_list(&self) -> Channels {
        let publisher = self.machine.publisher();
        let registered = |(name, is_prefix, config): (&str, bool, &publisher::ChannelConfig)| Registered {
            name: name.to_owned(),
            prefix: is_prefix,
            visibility: visibility(config.visibility).to_owned(),
            reliable: config.reliable,
            require_token: config.require_token,
            priority: config.priority,
            max_rate_pps: config.max_rate_pps,
            subscribers: publisher.subscribers(name, is_prefix) as u64,
        };
        let heard =
            |(node, channel, waiting, waiting_bytes, end): (_, &str, _, _, Option<SubscriptionEnd>)| Heard {
                publisher: shown(node),
                channel: channel.to_owned(),
                waiting,
                waiting_bytes,
                end: end.map(|end| end.to_string()),
            };
        Channels {
            registered: publisher.registrations().map(registered).collect(),
            heard: self.hearing.list().map(heard).collect(),
        }
    }

    fn found(&self, find: &Find) -> Result<Found, String> {
        let scope = find.scope.as_deref().map_or(Ok(ScopeFilter::Any), scope_of)?;
        let vendor = find.gpu_vendor.as_deref().map(str::parse).transpose();
        let filter = CapabilityFilter {
            require_tags: find.tags.clone(),
            require_models: find.models.clone(),
            require_tools: find.tools.clone(),
            min_memory_mb: find.min_memory_mb,
            require_gpu: find.gpu,
            gpu_vendor: vendor.map_err(|error: net_types::Error| error.to_string())?,
            min_vram_mb: find.min_vram_mb,
            min_context_length: find.min_context_length,
            ..CapabilityFilter::default()
        };
        let all = self.find(&filter.into(), &scope).map_err(|error| error.to_string())?;
        let named = all.iter().take(find.limit.unwrap_or(NAMED) as usize);
        Ok(Found { total: all.len() as u64, nodes: named.map(|node| self.announced(*node)).collect() })
    }

    fn announced(&self, node: NodeId) -> Announced {
        let CapabilitySet { models, tools, tags, .. } =
            self.capabilities_of(node).ok().flatten().unwrap_or_default();
        Announced {
            node_id: shown(node),
            models: models.into_iter().map(|model| model.model_id).collect(),
            tools: tools.into_iter().map(|tool| tool.tool_id).collect(),
            tags,
        }
    }
}

/// A node id as it stands in every answer.
fn shown(node: NodeId) -> String {
    format!("0x{:016x}", node.0)
}

const fn visibility(of: Visibility) -> &'static str {
    match of {
        Visibility::Global => "global",
        Visibility::SubnetLocal => "subnet-local",
        Visibility::ParentVisible => "parent-visible",
        Visibility::Exported => "exported",
    }
}

fn scope_of(text: &str) -> Result<ScopeFilter, String> {
    let names = |names: &str| names.split(',').map(str::to_owned).collect();
    match text.split_once(':') {
        None if text == "any" => Ok(ScopeFilter::Any),
        None if text == "global-only" => Ok(ScopeFilter::GlobalOnly),
        None if text == "same-subnet" => Ok(ScopeFilter::SameSubnet),
        Some(("tenant", given)) if !given.is_empty() => Ok(ScopeFilter::Tenants(names(given))),
        Some(("region", given)) if !given.is_empty() => Ok(ScopeFilter::Regions(names(given))),
        _ => Err(format!(
            "{text:?} is no scope: any, global-only, same-subnet, tenant:NAME and region:NAME are"
        )),
    }
}
