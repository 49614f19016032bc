//! Typed channels: objects on the bus that carry the name of their channel.

use std::sync::Arc;

use net_types::{
    Error, Json, api,
    bus::{BusError, SubscribeOptions},
};

use super::{
    emit::broken,
    filter::{Filter, quote},
    json,
    node::{NetNode, Source},
    stream::{EventStream, TypedEventStream},
    walk,
};

/// The member that carries a channel's name.
const MEMBER: &str = "_channel";

/// A named channel on one bus: JSON objects tagged with the name.
///
/// Publishing appends the member `"_channel":"<name>"` to the object's text and changes nothing else, so an object that
/// has such a member already keeps it, and the tag, being the last of the two, is what readers of the raw event see. A
/// typed stream of the channel takes the tag off again and gives exactly the text that was published. A raw stream gives
/// the event as it is on the bus. The channel keeps its node alive.
#[derive(Debug)]
pub struct TypedChannel {
    source: Arc<Source>,
    tag: Tag,
}

/// A channel's name, and how it stands in an event.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    name: String,
    /// `"_channel":"<name>"}`
    end: String,
}

impl api::TypedChannel for TypedChannel {
    type EventStream = EventStream;
    type NetNode = NetNode;
    type TypedEventStream = TypedEventStream;

    fn new(bus: &Arc<NetNode>, name: &str) -> Result<Arc<Self>, Error> {
        Ok(Self::open(bus.source(), name))
    }

    fn publish(&self, event: Json<'_>) -> Result<bool, Error> {
        let tagged = self.tag.add(0, event)?;
        match self.source.bus.emit_json(&tagged, Some(&self.tag.name), self.source.now()) {
            Ok(_) => Ok(true),
            Err(BusError::Backpressure | BusError::MemoryFull { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn publish_batch(&self, events: &[&str]) -> Result<u32, Error> {
        let tagged: Result<Vec<_>, _> =
            (0..).zip(events).map(|(index, event)| self.tag.add(index, (*event).into())).collect();
        let tagged = tagged?;
        let texts: Vec<&str> = tagged.iter().map(String::as_str).collect();
        match self.source.bus.emit_batch_json(&texts, Some(&self.tag.name), self.source.now()) {
            Err(BusError::Backpressure | BusError::MemoryFull { .. }) => Ok(0),
            result => Ok(result?),
        }
    }

    fn subscribe(&self, options: SubscribeOptions) -> Result<Arc<TypedEventStream>, Error> {
        TypedEventStream::open(&self.source, &options, Some(self.tag.clone()))
    }

    fn subscribe_raw(&self, options: SubscribeOptions) -> Result<Arc<EventStream>, Error> {
        EventStream::open(&self.source, &options, Some(self.tag.filter()))
    }

    fn name(&self) -> String {
        self.tag.name.clone()
    }
}

impl TypedChannel {
    /// Opens a channel.
    pub(crate) fn open(source: &Arc<Source>, name: &str) -> Arc<Self> {
        Arc::new(Self { source: Arc::clone(source), tag: Tag::new(name) })
    }
}

impl Tag {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), end: format!("\"{MEMBER}\":{}}}", quote(name)) }
    }

    /// Matches the events of the channel.
    pub(crate) fn filter(&self) -> Filter {
        Filter::member_is(MEMBER, &self.name)
    }

    /// The object with the tag as its last member.
    pub(crate) fn add(&self, index: u32, object: Json<'_>) -> Result<String, BusError> {
        if !object.is_serialized() {
            json::check(object.text()).map_err(|fault| broken(index, fault))?;
        }
        let object = walk::trim(object.text());
        let Some(open) = object.strip_suffix('}') else {
            let kind = walk::kind(object).described();
            return Err(BusError::NotAnObject { detail: format!("event {index} is {kind}") });
        };
        let comma = if walk::members(object).next().is_some() { "," } else { "" };
        Ok([open, comma, &self.end].concat())
    }

    /// The object without the tag that [`add`](Self::add) appended; other events stay as they are.
    pub(crate) fn remove(&self, mut event: String) -> String {
        if let Some(rest) = event.strip_suffix(&self.end) {
            let len = rest.len() - usize::from(rest.ends_with(','));
            event.truncate(len);
            event.push('}');
        }
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_untags() {
        let tag = Tag::new("a\"b");
        for (object, tagged) in [
            ("{}", r#"{"_channel":"a\"b"}"#),
            ("{ }", r#"{ "_channel":"a\"b"}"#),
            (r#"{"x":1}"#, r#"{"x":1,"_channel":"a\"b"}"#),
            (r#"{"x":[","] }"#, r#"{"x":[","] ,"_channel":"a\"b"}"#),
            (r#"{"_channel":7}"#, r#"{"_channel":7,"_channel":"a\"b"}"#),
            (r#"{"_channel":"a\"b"}"#, r#"{"_channel":"a\"b","_channel":"a\"b"}"#),
        ] {
            let event = tag.add(0, object.into()).expect("object");
            assert_eq!(event, tagged);
            assert_eq!(json::check(&event), Ok(()));
            assert!(tag.filter().matches(&event));
            assert_eq!(tag.remove(event), object);
        }
        assert_eq!(tag.add(0, " {} ".into()).expect("object"), r#"{"_channel":"a\"b"}"#);
        let by_hand = r#"{"_channel":"a\"b","x":1}"#;
        assert!(tag.filter().matches(by_hand));
        assert_eq!(tag.remove(by_hand.to_owned()), by_hand);
    }

    #[test]
    fn takes_objects_only() {
        let tag = Tag::new("c");
        let refused = tag.add(3, "[{}]".into());
        assert_eq!(refused, Err(BusError::NotAnObject { detail: "event 3 is an array".to_owned() }));
        assert!(matches!(tag.add(2, "{".into()), Err(BusError::InvalidJson { index: 2, offset: 1, .. })));
    }
}
