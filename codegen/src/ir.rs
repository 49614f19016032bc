//! The resolved interface: no text that needs parsing, ids instead of names, every default and offset worked out.
//!
//! Targets read this and nothing else. An item keeps its name in the spelling of the spec (`snake_case`); each
//! target's `names` derives its own spelling.

pub use crate::doc::{Endian, LayoutKind, RecordClass, Style, Thread};
use std::collections::BTreeMap;

/// The whole interface.
#[derive(Debug)]
pub struct Api {
    /// Hash of everything but docs and examples, in hex.
    pub hash: String,
    /// Modules, each behind those that it uses; `base` is the first.
    pub modules: Vec<Module>,
    /// What each package exports where.
    pub packages: Vec<Package>,
}

/// A module: one file of the spec.
#[derive(Debug)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Version that first had it.
    pub since: String,
    /// Cargo feature without which it answers `unsupported`; `conformance` keeps it out of shipped packages.
    pub feature: Option<String>,
    /// Whether the bindings' support implements its functions instead of the core.
    pub runtime: bool,
    /// Modules whose types it names, besides `base`.
    pub uses: Vec<String>,
    /// What it is for.
    pub doc: Doc,
    /// Constants.
    pub consts: Vec<Const>,
    /// Error families.
    pub families: Vec<Family>,
    /// Enums.
    pub enums: Vec<Enum>,
    /// Sets of bits.
    pub flags: Vec<Flags>,
    /// Unions.
    pub unions: Vec<Union>,
    /// Named base types.
    pub scalars: Vec<Scalar>,
    /// Records.
    pub records: Vec<Record>,
    /// Byte layouts.
    pub wires: Vec<Wire>,
    /// Objects.
    pub objects: Vec<Object>,
    /// Interfaces of the host.
    pub hosts: Vec<Host>,
    /// Functions.
    pub functions: Vec<Method>,
}

impl Module {
    /// Rust path of the type that implements the module's functions.
    pub fn functions_type(&self) -> &'static str {
        if self.runtime { "net_support::Functions" } else { "net_core::Functions" }
    }
}

/// A text for people: the first sentence, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doc {
    /// The whole text, without surrounding blanks.
    pub text: String,
}

impl Doc {
    /// Its lines.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines().map(str::trim_end)
    }
}

/// Where an item stands: the position of its module, and its own among the items of its kind there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct At {
    /// Position of the module.
    pub module: usize,
    /// Position among the items of its kind.
    pub index: usize,
}

/// Languages that spell names of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    /// TypeScript.
    Ts,
    /// Python.
    Python,
    /// Go.
    Go,
    /// C.
    C,
    /// Rust.
    Rust,
}

impl Lang {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Rust, Self::Ts, Self::Python, Self::Go, Self::C];

    /// Its name in the spec.
    pub fn key(self) -> &'static str {
        match self {
            Self::Ts => "ts",
            Self::Python => "python",
            Self::Go => "go",
            Self::C => "c",
            Self::Rust => "rust",
        }
    }
}

/// A name with what the languages make of it.
#[derive(Debug, Clone, Default)]
pub struct Name {
    /// In the spelling of the spec.
    pub spec: String,
    /// Exact published names that differ from the derived ones.
    pub renames: BTreeMap<Lang, String>,
    /// More names, in the spelling of the spec, by language.
    pub aliases: BTreeMap<Lang, Vec<String>>,
    /// Published parameters of a function, by language and by the name that they belong to.
    pub parameters: BTreeMap<(Lang, String), Vec<String>>,
}

impl Name {
    /// The exact name in a language, where it is not derived.
    pub fn renamed(&self, lang: Lang) -> Option<&str> {
        self.renames.get(&lang).map(String::as_str)
    }

    /// More names in a language, in the spelling of the spec.
    pub fn aliases(&self, lang: Lang) -> &[String] {
        self.aliases.get(&lang).map_or(&[], Vec::as_slice)
    }

    /// The published parameters of a function under one of its names; none if they are derived.
    pub fn parameters(&self, lang: Lang, name: &str) -> Option<&[String]> {
        self.parameters.get(&(lang, name.to_owned())).map(Vec::as_slice)
    }
}

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Truth value.
    Bool,
    /// Integer.
    Int(Int),
    /// 64-bit float.
    F64,
    /// UTF-8 text.
    String,
    /// Bytes.
    Bytes,
    /// Exactly so many bytes.
    FixedBytes(usize),
    /// Span of time, an unsigned 64-bit count.
    Duration(Unit),
    /// Point in time since the Unix epoch, an unsigned 64-bit count.
    Instant(Unit),
    /// Calendar time: signed milliseconds since the Unix epoch.
    Date,
    /// Count of bytes, unsigned 64-bit.
    Size,
    /// JSON of a type of the caller; the name of its variable.
    Json(String),
    /// A typed error as a value.
    Error,
    /// Ordered values.
    List(Box<Self>),
    /// Values by text, in byte order of the texts.
    Map(Box<Self>),
    /// Values as they come.
    Stream(Box<Self>),
    /// The object itself.
    SelfType,
    /// A value, or none.
    Optional(Box<Self>),
    /// A named base type.
    Scalar(At),
    /// An enum.
    Enum(At),
    /// A set of bits.
    Flags(At),
    /// A record.
    Record(At),
    /// A union.
    Union(At),
    /// An object, with what its type variables are bound to.
    Object(At, Vec<String>),
    /// An implementation by the host, with what its type variables are bound to.
    Host(At, Vec<String>),
    /// A fixed text, in fields of errors.
    Constant(String),
}

impl Type {
    /// What an optional type holds, else the type itself; and whether it was optional.
    pub fn split_optional(&self) -> (&Self, bool) {
        match self {
            Self::Optional(inner) => (inner, true),
            other => (other, false),
        }
    }
}

/// Integer types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Int {
    /// Unsigned, 8 bits.
    U8,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 8 bits.
    I8,
    /// Signed, 16 bits.
    I16,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
}

impl Int {
    /// Its width.
    pub fn bits(self) -> u32 {
        match self {
            Self::U8 | Self::I8 => 8,
            Self::U16 | Self::I16 => 16,
            Self::U32 | Self::I32 => 32,
            Self::U64 | Self::I64 => 64,
        }
    }

    /// Whether it has a sign.
    pub fn signed(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32 | Self::I64)
    }

    /// Its name in the spec and in Rust.
    pub fn key(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
        }
    }

    /// Least and greatest value.
    pub fn range(self) -> (i128, i128) {
        let bits = self.bits();
        if self.signed() {
            (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1)
        } else {
            (0, (1i128 << bits) - 1)
        }
    }
}

/// Units of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Nanoseconds.
    Ns,
    /// Microseconds.
    Us,
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
}

impl Unit {
    /// Suffix of a name, in the spelling of the spec.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Ns => "ns",
            Self::Us => "us",
            Self::Ms => "ms",
            Self::S => "secs",
        }
    }

    /// Nanoseconds in one.
    pub fn nanos(self) -> u64 {
        match self {
            Self::Ns => 1,
            Self::Us => 1_000,
            Self::Ms => 1_000_000,
            Self::S => 1_000_000_000,
        }
    }
}

/// A value that the spec writes down.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Truth value.
    Bool(bool),
    /// Integer.
    Int(i128),
    /// Float.
    Float(f64),
    /// Text.
    Text(String),
    /// Position among the values of the enum that the type names.
    EnumValue(usize),
    /// Position of a case without fields in the union that the type names.
    UnionCase(usize),
    /// Flags by position.
    FlagBits(Vec<usize>),
    /// Record with every field at its default.
    Record,
    /// List.
    List(Vec<Self>),
    /// Empty map.
    Map,
}

/// A constant.
#[derive(Debug)]
pub struct Const {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// Its value.
    pub value: Literal,
    /// What it means.
    pub doc: Doc,
}

/// An error family.
#[derive(Debug)]
pub struct Family {
    /// Its name.
    pub name: String,
    /// Permanent number.
    pub id: u16,
    /// Family of which it is a part.
    pub extends: Option<At>,
    /// Exact start of each message.
    pub prefix: String,
    /// Template of messages.
    pub format: Template,
    /// Kinds in order.
    pub kinds: Vec<Kind>,
    /// Kinds that were removed, and their codes.
    pub retired: BTreeMap<String, u16>,
    /// When it occurs.
    pub doc: Doc,
}

/// A kind of error.
#[derive(Debug)]
pub struct Kind {
    /// Its name.
    pub name: String,
    /// Permanent number.
    pub code: u16,
    /// Published text.
    pub text: String,
    /// Class of its own, exact.
    pub class: Option<String>,
    /// Whether the same call may succeed later.
    pub retry: bool,
    /// Whether hosts may construct it.
    pub make: bool,
    /// Built-in exception that it also is in Python.
    pub python: Option<String>,
    /// Fields in order.
    pub fields: Vec<ErrorField>,
    /// Template of the detail; free text from the core without it.
    pub detail: Option<Template>,
    /// Template that replaces the family's.
    pub message: Option<Template>,
    /// When it occurs.
    pub doc: Doc,
}

/// A field of an error.
#[derive(Debug)]
pub struct ErrorField {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// A text with gaps.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Template {
    /// Pieces in order.
    pub pieces: Vec<Piece>,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// The named value; width and radix for integers: `{x:04x}` is `Some((4, 16))`.
    Value(String, Option<(usize, u32)>),
    /// Printed when all that it names is present.
    Group(Vec<Self>),
}

/// An enum.
#[derive(Debug)]
pub struct Enum {
    /// Its name.
    pub name: Name,
    /// Integer that carries it.
    pub repr: Int,
    /// Whether hosts see its numbers.
    pub numeric: bool,
    /// Whether unknown values pass.
    pub open: bool,
    /// Values in order.
    pub values: Vec<EnumValue>,
    /// What it distinguishes.
    pub doc: Doc,
}

/// A value of an enum.
#[derive(Debug)]
pub struct EnumValue {
    /// Its name.
    pub name: String,
    /// Permanent number.
    pub tag: u64,
    /// Published text.
    pub text: String,
    /// Texts that are taken as well.
    pub aliases: Vec<String>,
    /// What it means.
    pub doc: Doc,
}

/// A set of bits.
#[derive(Debug)]
pub struct Flags {
    /// Its name.
    pub name: Name,
    /// Integer that carries it.
    pub repr: Int,
    /// Whether unknown bits pass.
    pub open: bool,
    /// Whether no bit at all is legal.
    pub empty: bool,
    /// Bits in order.
    pub bits: Vec<Bit>,
    /// What it collects.
    pub doc: Doc,
}

/// One bit.
#[derive(Debug)]
pub struct Bit {
    /// Its name.
    pub name: String,
    /// Its position.
    pub bit: u8,
    /// Published text.
    pub text: String,
    /// What it means.
    pub doc: Doc,
}

/// A union.
#[derive(Debug)]
pub struct Union {
    /// Its name.
    pub name: Name,
    /// Member that tells the cases apart, in the spelling of the spec.
    pub tag: String,
    /// Deepest nesting, if it is recursive.
    pub depth: Option<u32>,
    /// Whether a case without fields may be given as its bare tag.
    pub bare: bool,
    /// Patterns of constructor names, by language.
    pub factory: BTreeMap<Lang, String>,
    /// Cases in order.
    pub cases: Vec<Case>,
    /// What it chooses between.
    pub doc: Doc,
}

/// A case of a union.
#[derive(Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// Published tag.
    pub text: String,
    /// Fields in order.
    pub fields: Vec<Field>,
    /// Record whose fields it carries, if they are not its own.
    pub record: Option<At>,
    /// What it means.
    pub doc: Doc,
}

/// A named base type.
#[derive(Debug)]
pub struct Scalar {
    /// Its name.
    pub name: Name,
    /// Its base type.
    pub base: Type,
    /// Its text in messages.
    pub text: Option<Template>,
    /// Texts that an argument may be given as.
    pub accept: Vec<TextForm>,
    /// Text that it is handed out as.
    pub out: Option<TextForm>,
    /// What it identifies.
    pub doc: Doc,
}

/// Text forms of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    /// Lowercase hex out, either case in.
    Hex,
    /// Standard base64 with padding.
    Base64,
    /// The text's own bytes.
    Utf8,
}

/// A record.
#[derive(Debug)]
pub struct Record {
    /// Its name.
    pub name: Name,
    /// How it is also a class.
    pub class: Option<RecordClass>,
    /// Position of the field as which it may stand.
    pub stands_as: Option<usize>,
    /// Whether it is printed as a tuple.
    pub tuple: bool,
    /// Languages that keep the spec's names for the fields.
    pub keep_names: Vec<Lang>,
    /// Fields in order.
    pub fields: Vec<Field>,
    /// Members that show a field in another type.
    pub views: Vec<View>,
    /// Methods of the value.
    pub functions: Vec<Method>,
    /// Whether hosts hand it in (as an argument, or in one).
    pub is_input: bool,
    /// Whether the core hands it out (as a result, or in one).
    pub is_output: bool,
    /// What it describes.
    pub doc: Doc,
}

impl Record {
    /// Whether a field has a range; such a record has a `check` in Rust, which every binding calls on an argument.
    pub fn has_limits(&self) -> bool {
        self.fields.iter().any(|field| field.min.is_some() || field.max.is_some())
    }

    /// Whether a caller may leave every field out.
    pub fn all_optional(&self) -> bool {
        self.fields.iter().all(Field::may_be_left_out)
    }
}

/// A field of a record or of a union's case.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its type; a field that takes one or many is a list with `variadic`.
    pub ty: Type,
    /// What a caller who leaves it out gets.
    pub default: Option<Literal>,
    /// One value or a list of them.
    pub variadic: bool,
    /// What absence means.
    pub absent: Option<String>,
    /// Least value, or length.
    pub min: Option<i64>,
    /// Greatest value, or length.
    pub max: Option<i64>,
    /// Order of a list.
    pub order: Option<String>,
    /// Whether a 64-bit integer is a plain number in TypeScript.
    pub number: bool,
    /// Never printed or logged.
    pub secret: bool,
    /// Cargo feature that it needs.
    pub feature: Option<String>,
    /// What it holds.
    pub doc: Doc,
}

impl Field {
    /// Whether a caller may leave it out.
    pub fn may_be_left_out(&self) -> bool {
        self.default.is_some() || matches!(self.ty, Type::Optional(_))
    }
}

/// A member that shows a field in another type.
#[derive(Debug)]
pub struct View {
    /// Its name.
    pub name: Name,
    /// Position of the field.
    pub of: usize,
    /// The type it is shown in: bytes, or JSON of a type of the caller.
    pub ty: Type,
    /// What it gives.
    pub doc: Doc,
}

/// A byte layout.
#[derive(Debug)]
pub struct Wire {
    /// Its name.
    pub name: String,
    /// How the bytes are laid out.
    pub layout: LayoutKind,
    /// Byte order.
    pub endian: Endian,
    /// Length of a fixed layout.
    pub size: Option<u32>,
    /// Leading bytes.
    pub magic: Vec<u8>,
    /// Newest version.
    pub version: Option<u32>,
    /// Record that it encodes.
    pub of: Option<At>,
    /// Template of a text layout.
    pub format: Option<Template>,
    /// Longest encoding.
    pub max: Option<u64>,
    /// Family, and position of the kind there, of what decoders answer to other bytes.
    pub error: Option<(At, usize)>,
    /// Whether bytes behind the last field are kept.
    pub keep_trailing: bool,
    /// Fields in order.
    pub fields: Vec<WireField>,
    /// What it encodes.
    pub doc: Doc,
}

/// A field of a layout.
#[derive(Debug)]
pub struct WireField {
    /// Its name.
    pub name: String,
    /// Offset, in a fixed layout.
    pub at: u32,
    /// What it holds.
    pub form: WireForm,
    /// Greatest value, of a number.
    pub max: Option<u64>,
    /// Earlier field, and bit of it, that says whether this one is there.
    pub when: Option<(String, u8)>,
    /// Version that first had it.
    pub since: Option<u32>,
    /// Value for older versions.
    pub default: Option<Literal>,
    /// What it holds.
    pub doc: Doc,
}

/// What a field of a layout holds.
#[derive(Debug)]
pub enum WireForm {
    /// A value of fixed width.
    Plain(Type),
    /// An integer in parts: name and width of each, lowest bits first.
    Bits(Int, Vec<(String, u8)>),
    /// Text or bytes with a length.
    Sized {
        /// Text or bytes.
        ty: Type,
        /// Form of the length.
        len: Length,
        /// Greatest length.
        max: u64,
    },
    /// A list with a count.
    Counted {
        /// Element.
        of: Type,
        /// Form of the count.
        count: Length,
        /// Greatest count.
        max: u64,
    },
    /// The rest, chosen by an earlier field.
    Switch {
        /// That field.
        on: String,
        /// Its values, and the layout of each.
        arms: Vec<(u64, At)>,
    },
    /// A checksum.
    Check {
        /// Width.
        int: Int,
        /// Hash function.
        hash: String,
        /// First and last field covered.
        over: (String, String),
    },
}

/// Forms of a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Fixed-width integer.
    Int(Int),
    /// LEB128.
    Varint,
    /// All that remains.
    Rest,
}

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
    /// Cargo feature that it needs.
    pub feature: Option<String>,
    /// Constructors in order.
    pub constructors: Vec<Method>,
    /// Methods in order; properties are among them, with `shape: Property`.
    pub methods: Vec<Method>,
    /// What it is.
    pub doc: Doc,
}

impl Object {
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
    /// Reasons of the languages that do not have it.
    pub skip: BTreeMap<Lang, String>,
    /// What it does.
    pub doc: Doc,
}

impl Method {
    /// Whether the packages of a language publish it.
    pub fn in_lang(&self, lang: Lang) -> bool {
        !self.internal && self.crosses_to(lang)
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
    /// What a caller who leaves it out gets.
    pub default: Option<Literal>,
}

impl Arg {
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

/// A package.
#[derive(Debug)]
pub struct Package {
    /// Published name.
    pub name: String,
    /// Its language.
    pub language: Lang,
    /// Subpaths, and what they export, as written.
    pub paths: Vec<(String, Vec<String>)>,
    /// Whether it has an `aio` twin.
    pub aio: bool,
}

impl Api {
    /// The module of an item.
    pub fn module_of(&self, at: At) -> &Module {
        &self.modules[at.module]
    }

    /// An enum by id.
    pub fn enumeration(&self, at: At) -> &Enum {
        &self.modules[at.module].enums[at.index]
    }

    /// Flags by id.
    pub fn flags(&self, at: At) -> &Flags {
        &self.modules[at.module].flags[at.index]
    }

    /// A union by id.
    pub fn union(&self, at: At) -> &Union {
        &self.modules[at.module].unions[at.index]
    }

    /// A named base type by id.
    pub fn scalar(&self, at: At) -> &Scalar {
        &self.modules[at.module].scalars[at.index]
    }

    /// A record by id.
    pub fn record(&self, at: At) -> &Record {
        &self.modules[at.module].records[at.index]
    }

    /// A layout by id.
    pub fn wire(&self, at: At) -> &Wire {
        &self.modules[at.module].wires[at.index]
    }

    /// An object by id.
    pub fn object(&self, at: At) -> &Object {
        &self.modules[at.module].objects[at.index]
    }

    /// An interface of the host by id.
    pub fn host(&self, at: At) -> &Host {
        &self.modules[at.module].hosts[at.index]
    }

    /// An error family by id.
    pub fn family(&self, at: At) -> &Family {
        &self.modules[at.module].families[at.index]
    }

    /// Every error family with its id, in the order of their numbers.
    pub fn families(&self) -> Vec<(At, &Family)> {
        let mut all: Vec<_> = self
            .modules
            .iter()
            .enumerate()
            .flat_map(|(module, m)| {
                m.families.iter().enumerate().map(move |(index, f)| (At { module, index }, f))
            })
            .collect();
        all.sort_by_key(|(_, family)| family.id);
        all
    }

    /// The type that carries a named base type, else the type itself.
    pub fn base<'a>(&'a self, ty: &'a Type) -> &'a Type {
        match ty {
            Type::Scalar(at) => &self.scalar(*at).base,
            other => other,
        }
    }

    /// The name that an argument or field of this type gets: units are part of the type, so the name takes them on.
    ///
    /// `deadline` of `duration<ms>` becomes `deadline_ms`, of a count of bytes `.._bytes`; instants and dates keep theirs.
    pub fn unit_name(&self, name: &str, ty: &Type) -> String {
        match self.base(ty.split_optional().0) {
            Type::Duration(unit) => format!("{name}_{}", unit.suffix()),
            Type::Size => format!("{name}_bytes"),
            _ => name.to_owned(),
        }
    }
}
