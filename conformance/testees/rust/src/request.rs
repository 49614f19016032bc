//! What requests refer to: kept objects, streams, and answers of the host.

use crate::fixture::{Failure, Fixture, Item, argument, wrong};
use crate::r#gen::error;
use net_mesh::{BaseError, Error, Stream};
use serde_json::{Map, Value};
use std::any::Any;
use std::collections::HashMap;

/// Objects by the names under which requests keep them.
pub(crate) type Held = HashMap<String, Box<dyn Any>>;

/// A request, without its operation.
pub(crate) struct Request<'a> {
    /// Its arguments.
    pub(crate) args: &'a Map<String, Value>,
    /// The object that it is about.
    pub(crate) on: Option<&'a str>,
    /// The name under which its result is kept.
    pub(crate) keep: Option<&'a str>,
    /// What earlier requests kept.
    pub(crate) held: &'a mut Held,
}

impl Request<'_> {
    /// Keeps a result that is an object, or frees it.
    pub(crate) fn keep(&mut self, object: impl Any) -> Value {
        if let Some(name) = self.keep {
            self.held.insert(name.to_owned(), Box::new(object));
        }
        Value::Bool(true)
    }

    /// The object that the request is about.
    pub(crate) fn object<T: Any + Clone>(&self) -> Result<T, Failure> {
        self.find(self.on.unwrap_or_default())
    }

    /// The stream that the request is about.
    pub(crate) fn stream<T: Any>(&mut self) -> Result<&mut T, Failure> {
        let name = self.on.unwrap_or_default();
        let found = self.held.get_mut(name).and_then(|object| object.downcast_mut());
        found.ok_or_else(|| Failure::Unsupported(format!("no such stream is kept as `{name}`")))
    }

    /// The object that an argument refers to.
    pub(crate) fn given<T: Any + Clone>(&self, argument_name: &str) -> Result<T, Failure> {
        self.object_in(self.args, argument_name)
    }

    /// The object that a member refers to.
    pub(crate) fn object_in<T: Any + Clone>(
        &self,
        members: &Map<String, Value>,
        name: &str,
    ) -> Result<T, Failure> {
        self.referred(argument(members, name)?)
    }

    /// The object that a member refers to, if it is there and not null.
    pub(crate) fn maybe_in<T: Any + Clone>(
        &self,
        members: &Map<String, Value>,
        name: &str,
    ) -> Result<Option<T>, Failure> {
        let value = members.get(name).filter(|value| !value.is_null());
        value.map(|value| self.referred(value)).transpose()
    }

    /// The objects that a list refers to.
    pub(crate) fn given_list<T: Any + Clone>(&self, argument_name: &str) -> Result<Vec<T>, Failure> {
        self.list_in(self.args, argument_name)
    }

    /// The objects that a member, a list, refers to.
    pub(crate) fn list_in<T: Any + Clone>(
        &self,
        members: &Map<String, Value>,
        name: &str,
    ) -> Result<Vec<T>, Failure> {
        let list = argument(members, name)?;
        let list = list.as_array().ok_or_else(|| wrong("a list", list))?;
        list.iter().map(|value| self.referred(value)).collect()
    }

    fn referred<T: Any + Clone>(&self, value: &Value) -> Result<T, Failure> {
        self.find(value["ref"].as_str().ok_or_else(|| wrong("a reference", value))?)
    }

    fn find<T: Any + Clone>(&self, name: &str) -> Result<T, Failure> {
        let found = self.held.get(name).and_then(|object| object.downcast_ref::<T>());
        found.cloned().ok_or_else(|| Failure::Unsupported(format!("no such object is kept as `{name}`")))
    }
}

/// All items of a stream.
pub(crate) async fn drain<T: Item>(mut stream: Stream<T>) -> Result<Value, Failure> {
    let mut items = Vec::new();
    while let Some(item) = stream.next().await {
        items.push(item?.write());
    }
    Ok(Value::Array(items))
}

/// What is shown of an object.
pub(crate) fn is_there<T>(_: &T) -> bool {
    true
}

/// A stream of the items of a list.
pub(crate) fn given_stream<T>(items: Vec<T>) -> impl futures_core::Stream<Item = Result<T, Error>> {
    futures_util::stream::iter(items.into_iter().map(Ok))
}

/// What a method of the host answers: `{ "ok" }`, `{ "err" }`, `{ "throw" }` or `{ "arg" }`, its own argument.
pub(crate) fn answer<T: Fixture>(host: &Value, method: &str, given: &[(&str, Value)]) -> Result<T, Error> {
    let answer = host.get(method).unwrap_or(host);
    if let Some(cause) = answer.get("throw") {
        return Err(net_mesh::threw(cause.as_str().unwrap_or_default()));
    }
    if let Some(value) = answer.get("err") {
        return Err(error::read(value).unwrap_or_else(malformed));
    }
    let own = |name: &Value| given.iter().find(|(own, _)| name == own).map(|(_, value)| value);
    let value = answer.get("ok").or_else(|| own(answer.get("arg")?));
    value.map_or_else(|| Err(wrong("an answer", answer)), T::read).map_err(malformed)
}

/// A fixture that cannot be read, where only errors of the interface can be told.
fn malformed(failure: Failure) -> Error {
    match failure {
        Failure::Error(error) => error,
        Failure::Unsupported(detail) => BaseError::Internal { detail }.into(),
    }
}
