//! What is called: objects, functions, and interfaces of the host.

use super::{Api, At, Doc, Lang, Literal, Name, Type};
use crate::doc::Thread;
use std::collections::BTreeMap;

/// An object.
#[derive(Debug)]
pub struct Object {
    /// Its name.
    pub name: Name,
    /// Type variables.
    pub generic: Vec<String>,
    /// What it is a stream of.
    pub iterates: Option<Type>,
    /// Name of the method that ends it; a generated `close` only releases the handle.
    pub close: Option<String>,
    /// Position of the constructor whose argument may stand for it, in languages where one argument has several types.
    pub accept: Option<usize>,
    /// Cargo feature that it needs.
    pub feature: Option<String>,
    /// Constructors in order.
    pub constructors: Vec<Method>,
    /// Methods in order; properties are among them, with `shape: Property`.
    pub methods: Vec<Method>,
    /// Methods of the host's side alone: each runs a function with what another method gives, and ends that.
    pub sugars: Vec<Method>,
    /// What it is.
    pub doc: Doc,
}

/// What a method of the host's side runs a function with.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The method that gives it.
    pub acquire: &'a Method,
    /// What it is.
    pub at: At,
    /// The method that ends it, and hears whether the function failed.
    pub end: &'a Method,
}

impl Object {
    /// What a method runs a function with; none if it is a method of the library.
    pub fn held<'a>(&'a self, api: &'a Api, method: &Method) -> Option<Held<'a>> {
        let name = method.with.as_deref()?;
        let acquire = self.methods.iter().find(|method| method.name.spec == name)?;
        let Some(Type::Object(at, _)) = acquire.returns else { return None };
        let object = api.object(at);
        let end = object.methods.iter().find(|method| Some(&method.name.spec) == object.close.as_ref())?;
        Some(Held { acquire, at, end })
    }

    /// The constructor whose argument may stand for the object, and that argument.
    pub fn accepted(&self) -> Option<(&Method, &Arg)> {
        let constructor = self.constructors.get(self.accept?)?;
        Some((constructor, constructor.args.first()?))
    }

    /// Whether it is a stream that the method ends.
    pub fn ends_by(&self, method: &Method) -> bool {
        self.iterates.is_some() && self.close.as_deref() == Some(method.name.spec.as_str())
    }

    /// The methods through which calls on the object are combined: what takes them, and what reserves room.
    pub fn combined(&self) -> Option<(&Method, &Method)> {
        let (into, reserve) = self.methods.iter().find_map(|method| method.combine.as_ref())?;
        let named = |name: &str| self.methods.iter().find(|method| method.name.spec == name);
        Some((named(into)?, named(reserve)?))
    }
}

/// What a function is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Function of a module.
    Function,
    /// Constructor of an object.
    Constructor,
    /// Method of an object or a value.
    Method,
    /// Static method.
    Static,
    /// Property; `fixed` ones never change.
    Property {
        /// Whether it never changes.
        fixed: bool,
    },
    /// Method of an interface of the host.
    Host,
}

/// A function, method, constructor or property.
#[derive(Debug)]
pub struct Method {
    /// Its name.
    pub name: Name,
    /// Name by which reports call it: `bus.net_node.emit`.
    pub path: String,
    /// What it is.
    pub shape: Shape,
    /// The record of which it is a method; it crosses as a function that takes the value first.
    pub member: Option<Member>,
    /// Whether it completes later.
    pub is_async: bool,
    /// Arguments in order.
    pub args: Vec<Arg>,
    /// Type of its result.
    pub returns: Option<Type>,
    /// Error families besides `base`.
    pub throws: Vec<At>,
    /// Type variables of its own (not the object's).
    pub generic: Vec<String>,
    /// One crossing a call.
    pub hot: bool,
    /// Whether testees can time it.
    pub timed: bool,
    /// Whether it may keep the calling thread for long.
    pub blocks: bool,
    /// Methods that take combined calls and reserve room.
    pub combine: Option<(String, String)>,
    /// Name of the method that `with` acquires through.
    pub with: Option<String>,
    /// Name of the method of which it is another signature.
    pub overload: Option<String>,
    /// Order of a list that it returns.
    pub order: Option<String>,
    /// Cargo feature that it needs.
    pub feature: Option<String>,
    /// For the kernels of the bindings only.
    pub internal: bool,
    /// Since when it is deprecated, and what replaces it.
    pub deprecated: Option<(String, String)>,
    /// Whether a host may leave it out.
    pub optional: bool,
    /// Milliseconds that a host has to answer.
    pub timeout: Option<u64>,
    /// Whether it is the text of a record.
    pub shows: bool,
    /// Whether it is a property in Python, whatever it is elsewhere.
    pub python_property: bool,
    /// Reasons of the languages that do not have it.
    pub skip: BTreeMap<Lang, String>,
    /// Why no case of the conformance suite can test it.
    pub untested: Option<String>,
    /// What it does.
    pub doc: Doc,
    /// Lines of an example, in the languages that have it.
    pub examples: BTreeMap<Lang, String>,
}

/// A method of a record.
#[derive(Debug)]
pub struct Member {
    /// The record.
    pub record: At,
    /// Its name among the members of the record.
    pub name: Name,
    /// Whether it needs no value.
    pub is_static: bool,
}

impl Method {
    /// The name that programs call it by: among members, if it is one of a record.
    pub fn published(&self) -> &Name {
        self.member.as_ref().map_or(&self.name, |member| &member.name)
    }

    /// The arguments that a caller writes between the parentheses.
    pub fn given(&self) -> &[Arg] {
        match self.args.first() {
            Some(first) if first.is_receiver => &self.args[1..],
            _ => &self.args,
        }
    }

    /// The value on which it is called, if it is a method of a record.
    pub fn receiver(&self) -> Option<&Arg> {
        self.args.first().filter(|first| first.is_receiver)
    }

    /// Whether the packages of a language publish it.
    pub fn in_lang(&self, lang: Lang) -> bool {
        !self.internal && self.crosses_to(lang)
    }

    /// Whether a language reads it without a call.
    pub fn is_property_in(&self, lang: Lang) -> bool {
        matches!(self.shape, Shape::Property { .. }) || (self.python_property && lang == Lang::Python)
    }

    /// Whether it waits on account of where its object keeps things, if at all: it works on texts and bytes, of which any
    /// number is in the call.
    pub fn waits_for_its_object(&self) -> bool {
        let is_text = |ty: &Type| matches!(ty, Type::String | Type::Bytes | Type::Json(_));
        let is_many = |ty: &Type| matches!(ty, Type::List(_) | Type::Map(_));
        let has_record = |ty: &Type| matches!(ty, Type::Record(_));
        let mut given = self.given().iter().map(|arg| &arg.ty);
        self.blocks
            && self.shape == Shape::Method
            && given.clone().any(is_text)
            && !given.any(|ty| is_many(ty) || has_record(ty))
            && !self.returns.as_ref().is_some_and(is_many)
    }

    /// Whether languages that overload call it under the name of another method.
    pub fn is_overload_of(&self, other: &Self) -> bool {
        self.overload.as_deref() == Some(&other.name.spec)
    }

    /// Whether languages with classes make an object by it alone: `new`, or another signature of `new`.
    pub fn makes_by_class(&self) -> bool {
        self.shape == Shape::Constructor && self.overload.as_deref().unwrap_or(&self.name.spec) == "new"
    }

    /// Whether the binding of a language has it, be it for its kernel only.
    pub fn crosses_to(&self, lang: Lang) -> bool {
        !self.skip.contains_key(&lang)
    }
}

/// An argument.
#[derive(Debug, Clone)]
pub struct Arg {
    /// Its name.
    pub name: String,
    /// Its type; a variadic one is a list.
    pub ty: Type,
    /// Borrowed for the call.
    pub borrowed: bool,
    /// Takes any number of values.
    pub variadic: bool,
    /// Whether it is the record whose method this is; the core borrows it.
    pub is_receiver: bool,
    /// What a caller who leaves it out gets.
    pub default: Option<Literal>,
}

impl Arg {
    /// An argument that every caller gives.
    pub fn plain(name: &str, ty: Type) -> Self {
        Self {
            name: name.to_owned(),
            ty,
            borrowed: false,
            variadic: false,
            is_receiver: false,
            default: None,
        }
    }

    /// Whether a caller may leave it out.
    pub fn may_be_left_out(&self) -> bool {
        self.default.is_some() || matches!(self.ty, Type::Optional(_))
    }
}

/// An interface of the host.
#[derive(Debug)]
pub struct Host {
    /// Its name.
    pub name: Name,
    /// How it is called.
    pub thread: Thread,
    /// Whether a plain function is an implementation.
    pub callable: bool,
    /// Type variables.
    pub generic: Vec<String>,
    /// Properties, read once.
    pub props: Vec<Method>,
    /// Methods in order; the position is the number by which the core calls it.
    pub methods: Vec<Method>,
    /// What it does.
    pub doc: Doc,
}
