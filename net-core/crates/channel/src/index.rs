//! What nodes have announced, to be searched.

use crate::{
    Capabilities, Filter, Preferences, ScopeFilter, State, SubnetId, SubnetPolicy,
    filter::{Facet, Facts, Question, facets},
    scope::Scope,
    tag::{canonical, is_of_runtime},
};
use net_crypto::EntityId;
use net_types::identity::NodeId;
use std::collections::{BTreeMap, BTreeSet};

/// Nodes by what they have.
#[derive(Debug, Default)]
pub struct Index {
    nodes: BTreeMap<u64, Profile>,
    found: [BTreeMap<String, BTreeSet<u64>>; Facet::COUNT],
    own_subnet: Option<SubnetId>,
    policy: SubnetPolicy,
}

/// What a node has announced.
#[derive(Debug)]
pub struct Profile {
    entity: EntityId,
    /// Tags in the form by which they are found, without those that are the library's to say.
    tags: BTreeSet<String>,
    metadata: BTreeMap<String, String>,
    facts: Facts,
    scope: Scope,
    subnet: Option<SubnetId>,
    facets: Vec<(Facet, String)>,
}

impl Profile {
    /// Who it is.
    pub fn entity(&self) -> EntityId {
        self.entity
    }

    /// Its tags, in the form by which they are found.
    pub fn tags(&self) -> &BTreeSet<String> {
        &self.tags
    }

    /// Its metadata.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// Its subnet, as its tags say.
    pub fn subnet(&self) -> Option<SubnetId> {
        self.subnet
    }

    /// What it has, in the form in which people write it.
    pub fn capabilities(&self) -> Capabilities {
        Capabilities::of_state(&State::new(self.tags.clone(), self.metadata.clone()))
    }
}

impl Index {
    /// Says where the asking node is, and how the subnets of nodes follow from their tags.
    pub fn set_geometry(&mut self, own: Option<SubnetId>, policy: SubnetPolicy) {
        self.own_subnet = own;
        self.policy = policy;
        for profile in self.nodes.values_mut() {
            profile.subnet = self.policy.subnet_of(&profile.tags);
        }
    }

    /// The nodes that a filter and a scope ask for, by rising id.
    pub fn find(&self, filter: &Filter, scope: &ScopeFilter) -> Vec<NodeId> {
        let question = Question::of(filter);
        self.matches(&question, scope).map(|(node, _)| NodeId(node)).collect()
    }

    /// The node of those that a filter and a scope ask for which suits best, and the one with the least id of several.
    pub fn find_best(
        &self,
        filter: &Filter,
        scope: &ScopeFilter,
        preferences: &Preferences,
    ) -> Option<NodeId> {
        let question = Question::of(filter);
        let scored =
            self.matches(&question, scope).map(|(node, profile)| (node, profile.facts.score(preferences)));
        let better = |best: (u64, f64), next: (u64, f64)| if next.1 > best.1 { next } else { best };
        scored.reduce(better).map(|(node, _)| NodeId(node))
    }

    /// Whether a filter and a scope ask for a node.
    pub fn is_found(&self, node: NodeId, filter: &Filter, scope: &ScopeFilter) -> bool {
        self.nodes.get(&node.0).is_some_and(|profile| self.is_given(profile, scope))
            && self.suits(node, filter)
    }

    /// Whether a node has what a filter asks for; one that has announced nothing has nothing.
    pub fn suits(&self, node: NodeId, filter: &Filter) -> bool {
        let question = Question::of(filter);
        self.nodes.get(&node.0).is_some_and(|profile| question.suits(&profile.facts))
            && question.groups.iter().all(|group| self.is_in(node.0, group))
    }

    /// The subnet of a node; nothing if it has announced nothing.
    pub fn subnet_of(&self, node: NodeId) -> Option<SubnetId> {
        self.nodes.get(&node.0)?.subnet
    }

    /// The asking node's own subnet.
    pub fn own_subnet(&self) -> Option<SubnetId> {
        self.own_subnet
    }

    /// What a node has announced.
    pub fn get(&self, node: NodeId) -> Option<&Profile> {
        self.nodes.get(&node.0)
    }

    /// All nodes, by rising id.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Profile)> {
        self.nodes.iter().map(|(node, profile)| (NodeId(*node), profile))
    }

    /// Nodes that have announced something.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nobody has announced anything.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(crate) fn put(&mut self, node: u64, entity: EntityId, state: &State) {
        self.remove(node);
        let said = state.tags().iter().filter(|tag| !is_of_runtime(tag));
        let tags: BTreeSet<_> = said.map(|tag| canonical(tag).into_owned()).collect();
        let all = Capabilities::of_state(&State::new(tags.clone(), state.metadata().clone()));
        let facets = facets(&all, &tags);
        for (facet, text) in &facets {
            self.found[*facet as usize].entry(text.clone()).or_default().insert(node);
        }
        let profile = Profile {
            entity,
            metadata: state.metadata().clone(),
            facts: Facts::of(&all),
            scope: Scope::of_tags(&tags),
            subnet: self.policy.subnet_of(&tags),
            tags,
            facets,
        };
        self.nodes.insert(node, profile);
    }

    pub(crate) fn remove(&mut self, node: u64) {
        let Some(profile) = self.nodes.remove(&node) else { return };
        for (facet, text) in &profile.facets {
            let found = &mut self.found[*facet as usize];
            if let Some(nodes) = found.get_mut(text) {
                nodes.remove(&node);
                if nodes.is_empty() {
                    found.remove(text);
                }
            }
        }
    }

    fn matches<'a>(
        &'a self,
        question: &'a Question,
        scope: &'a ScopeFilter,
    ) -> impl Iterator<Item = (u64, &'a Profile)> {
        let of_group = self.candidates(question).into_iter();
        let of_group = of_group.filter_map(|node| Some((node, self.nodes.get(&node)?)));
        let all =
            question.groups.is_empty().then(|| self.nodes.iter().map(|(node, profile)| (*node, profile)));
        of_group.chain(all.into_iter().flatten()).filter(move |(node, profile)| {
            question.suits(&profile.facts)
                && self.is_given(profile, scope)
                && question.groups.iter().all(|group| self.is_in(*node, group))
        })
    }

    fn is_given(&self, profile: &Profile, scope: &ScopeFilter) -> bool {
        profile.scope.is_given(scope, || self.own_subnet.is_some() && profile.subnet == self.own_subnet)
    }

    /// The nodes of the smallest group.
    fn candidates(&self, question: &Question) -> Vec<u64> {
        let size = |(facet, texts): &&(Facet, Vec<String>)| {
            self.sets(*facet, texts).map(BTreeSet::len).sum::<usize>()
        };
        match question.groups.iter().min_by_key(size) {
            Some((facet, texts)) if texts.len() == 1 => self.sets(*facet, texts).flatten().copied().collect(),
            Some((facet, texts)) => {
                let nodes: BTreeSet<_> = self.sets(*facet, texts).flatten().copied().collect();
                nodes.into_iter().collect()
            }
            None => Vec::new(),
        }
    }

    fn is_in(&self, node: u64, (facet, texts): &(Facet, Vec<String>)) -> bool {
        self.sets(*facet, texts).any(|nodes| nodes.contains(&node))
    }

    fn sets<'a>(&'a self, facet: Facet, texts: &'a [String]) -> impl Iterator<Item = &'a BTreeSet<u64>> {
        texts.iter().filter_map(move |text| self.found[facet as usize].get(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SubnetRule;
    use crate::capabilities::{Gpu, Hardware, Model, Tool};

    fn text(text: &str) -> String {
        text.to_owned()
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().copied().map(text).collect()
    }

    fn put(index: &mut Index, node: u64, all: &Capabilities) {
        index.put(node, EntityId::new([node as u8; 32]), &all.to_state());
    }

    fn tagged(tags: &[&str]) -> Capabilities {
        Capabilities { tags: texts(tags).into_iter().collect(), ..Capabilities::default() }
    }

    fn gpus(gpus: &[(&str, u64)]) -> Hardware {
        let gpu = |(vendor, vram_gb): &(&str, u64)| Gpu {
            vendor: text(vendor),
            vram_gb: *vram_gb,
            ..Gpu::default()
        };
        Hardware { memory_gb: 64, gpus: gpus.iter().map(gpu).collect(), ..Hardware::default() }
    }

    fn model(id: &str, modalities: &[&str], context_length: u64) -> Model {
        Model { id: text(id), modalities: texts(modalities), context_length, ..Model::default() }
    }

    fn index() -> Index {
        let mut index = Index::default();
        let tool = Tool { id: text("search"), ..Tool::default() };
        let strong = Capabilities {
            hardware: gpus(&[("NVIDIA", 80), ("amd", 16)]),
            models: vec![model("llama", &["text", "image"], 128_000), model("tiny", &["audio"], 1_000)],
            tools: vec![tool],
            tags: texts(&["prod", "hardware.colon:2", "heat:00=0.5"]).into_iter().collect(),
            ..Capabilities::default()
        };
        put(&mut index, 1, &strong);
        put(&mut index, 2, &Capabilities { hardware: gpus(&[("amd", 40)]), ..tagged(&["prod"]) });
        put(&mut index, 3, &tagged(&["edge", "scope:tenant:a"]));
        put(
            &mut index,
            4,
            &Capabilities { models: vec![model("tiny", &["text"], 500)], ..tagged(&["edge"]) },
        );
        index
    }

    fn found(index: &Index, filter: Filter) -> Vec<u64> {
        index.find(&filter, &ScopeFilter::Any).into_iter().map(|node| node.0).collect()
    }

    #[test]
    fn finds_by_each_field() {
        let index = index();
        let none = Filter::default;
        let cases = [
            (none(), vec![1, 2, 3, 4]),
            (Filter { require_tags: texts(&["prod"]), ..none() }, vec![1, 2]),
            (Filter { require_tags: texts(&["prod", "hardware.colon=2"]), ..none() }, vec![1]),
            (Filter { require_tags: texts(&["hardware.colon:2"]), ..none() }, vec![1]),
            (Filter { require_tags: texts(&["nothing"]), ..none() }, vec![]),
            (Filter { require_models: texts(&["llama", "tiny"]), ..none() }, vec![1, 4]),
            (Filter { require_tools: texts(&["search", "other"]), ..none() }, vec![1]),
            (Filter { require_gpu: true, ..none() }, vec![1, 2]),
            (Filter { gpu_vendor: text("nvidia"), ..none() }, vec![1]),
            (Filter { min_vram_mb: 40_000, ..none() }, vec![1, 2]),
            (Filter { gpu_vendor: text("amd"), min_vram_mb: 40_000, ..none() }, vec![2]),
            (Filter { min_memory_mb: 65_536, ..none() }, vec![1, 2]),
            (Filter { min_memory_mb: 65_537, ..none() }, vec![]),
            (Filter { min_context_length: 1_000, ..none() }, vec![1]),
            (Filter { require_modalities: texts(&["text", "audio"]), ..none() }, vec![1]),
            (Filter { require_modalities: texts(&["text"]), ..none() }, vec![1, 4]),
        ];
        for (filter, expected) in cases {
            assert_eq!(found(&index, filter.clone()), expected, "{filter:?}");
            for (node, _) in index.iter() {
                assert_eq!(index.suits(node, &filter), expected.contains(&node.0), "{node:?} {filter:?}");
            }
        }
    }

    #[test]
    fn tags_of_the_library_are_not_an_applications_to_say() {
        let index = index();
        assert!(
            found(&index, Filter { require_tags: texts(&["heat:00=0.5"]), ..Filter::default() }).is_empty()
        );
        assert!(!index.get(NodeId(1)).unwrap().tags().contains("heat:00=0.5"));
    }

    #[test]
    fn what_has_changed_is_found_anew() {
        let mut index = index();
        put(&mut index, 1, &tagged(&["edge"]));
        index.remove(4);
        assert_eq!(found(&index, Filter { require_tags: texts(&["edge"]), ..Filter::default() }), [1, 3]);
        assert!(found(&index, Filter { require_models: texts(&["llama"]), ..Filter::default() }).is_empty());
        (1..4).for_each(|node| index.remove(node));
        assert!(index.is_empty() && index.found.iter().all(BTreeMap::is_empty));
    }

    #[test]
    fn the_best_node_is_the_one_that_has_most_of_what_is_preferred() {
        let index = index();
        let best = |preferences| index.find_best(&Filter::default(), &ScopeFilter::Any, &preferences);
        assert_eq!(best(Preferences::default()), Some(NodeId(1)), "the least id of several");
        assert_eq!(best(Preferences { vram: 1.0, ..Preferences::default() }), Some(NodeId(1)));
        assert_eq!(best(Preferences { vram: -1.0, ..Preferences::default() }), Some(NodeId(3)));
        let nothing = Filter { require_tags: texts(&["nothing"]), ..Filter::default() };
        assert_eq!(index.find_best(&nothing, &ScopeFilter::Any, &Preferences::default()), None);
    }

    #[test]
    fn a_query_in_the_own_subnet_gives_nodes_whose_tags_put_them_there() {
        let mut index = index();
        put(&mut index, 5, &tagged(&["region:us", "scope:subnet-local"]));
        put(&mut index, 6, &tagged(&["region:eu"]));
        let values = [(text("us"), 3), (text("eu"), 4)].into();
        let policy = SubnetPolicy::new(vec![SubnetRule::new(text("region:"), 0, values).unwrap()]);
        let same = |index: &Index| index.find(&Filter::default(), &ScopeFilter::SameSubnet);
        index.set_geometry(None, policy.clone());
        assert_eq!(same(&index), [], "whoever is in no subnet has no neighbours in it");
        index.set_geometry(Some(SubnetId::new(&[3]).unwrap()), policy);
        assert_eq!(same(&index), [NodeId(5)]);
        assert!(!found(&index, Filter::default()).contains(&5), "found in its own subnet only");
    }
}
