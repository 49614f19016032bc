//! The documents as they are written: one struct per TOML table of the interface language.
//!
//! Serde refuses unknown keys here, and schemars prints the JSON Schema that editors use from the same structs.
//! Nothing in this file interprets a value; names, types and texts are resolved in `resolve`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

/// Tables keep the order in which they are written.
pub type Table<T> = IndexMap<String, T>;

/// One file of `spec/`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// What the file is about.
    pub module: Module,
    /// Constants.
    #[serde(default, rename = "const")]
    pub consts: Table<Const>,
    /// Error families.
    #[serde(default)]
    pub error: Table<Family>,
    /// Enums.
    #[serde(default, rename = "enum")]
    pub enums: Table<Enum>,
    /// Sets of bits.
    #[serde(default)]
    pub flags: Table<Flags>,
    /// Tagged unions.
    #[serde(default)]
    pub union: Table<Union>,
    /// Named base types.
    #[serde(default)]
    pub scalar: Table<Scalar>,
    /// Public derivations.
    #[serde(default)]
    pub derive: Table<Derive>,
    /// Records.
    #[serde(default)]
    pub record: Table<Record>,
    /// Byte layouts.
    #[serde(default)]
    pub wire: Table<Wire>,
    /// Objects behind handles.
    #[serde(default)]
    pub object: Table<Object>,
    /// Interfaces that the host language implements.
    #[serde(default)]
    pub host: Table<Host>,
    /// Functions of the module.
    #[serde(default, rename = "fn")]
    pub functions: Table<Method>,
    /// Metrics.
    #[serde(default)]
    pub metric: Table<Metric>,
}

/// The head of a file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Name, as the file is called.
    pub name: String,
    /// Version that first had it.
    pub since: String,
    /// Cargo feature without which it answers `unsupported`.
    pub feature: Option<String>,
    /// Whether the bindings' support implements its functions instead of the core.
    #[serde(default)]
    pub runtime: bool,
    /// The other modules whose types may be named here.
    #[serde(default)]
    pub uses: Vec<String>,
    /// What the module is for.
    pub doc: String,
}

/// A value that may differ by language: `"x"`, or `{ ts = "x", default = "y" }`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PerLanguage<T> {
    /// TypeScript.
    pub ts: Option<T>,
    /// Python.
    pub python: Option<T>,
    /// Go.
    pub go: Option<T>,
    /// C.
    pub c: Option<T>,
    /// Rust.
    pub rust: Option<T>,
    /// Every other language.
    pub default: Option<T>,
}

/// Either one value for all languages, or one for each.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrPer<T> {
    /// The same everywhere.
    One(T),
    /// By language.
    Per(PerLanguage<T>),
}

/// A named constant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Const {
    /// Its type expression.
    #[serde(rename = "type")]
    pub ty: String,
    /// Its value.
    #[schemars(with = "serde_json::Value")]
    pub value: toml::Value,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// What it means.
    pub doc: String,
}

/// A family of errors.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Permanent number.
    pub id: u16,
    /// Family of which this is a part.
    pub extends: Option<String>,
    /// Exact start of each message.
    #[serde(default)]
    pub prefix: String,
    /// Template of the message.
    pub format: Option<String>,
    /// How the texts of the kinds are derived from their names.
    pub style: Option<Style>,
    /// Kinds by name.
    #[serde(default)]
    pub kind: Table<Kind>,
    /// Kinds that were removed, with their codes, which are never used again.
    #[serde(default)]
    pub retired: Table<u16>,
    /// When it occurs.
    pub doc: String,
}

/// One kind of error.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Permanent number within the family.
    pub code: u16,
    /// Published text where it differs from the derived one.
    pub text: Option<String>,
    /// Class of its own, below the family's.
    pub class: Option<String>,
    /// Whether the same call may succeed later.
    #[serde(default)]
    pub retry: bool,
    /// Whether hosts may construct it.
    #[serde(default)]
    pub make: bool,
    /// Built-in exception that it also is in Python.
    pub python: Option<String>,
    /// Fields by name.
    #[serde(default)]
    pub fields: Table<String>,
    /// Template of the detail; free text from the core without it.
    pub detail: Option<String>,
    /// Template that replaces the whole message.
    pub message: Option<String>,
    /// When it occurs.
    pub doc: String,
}

/// How texts are derived from names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// `two_words`.
    Snake,
    /// `two-words`.
    Kebab,
    /// `twoWords`.
    Camel,
    /// `TwoWords`.
    Pascal,
}

/// An enum.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Enum {
    /// Integer that carries it.
    pub repr: String,
    /// How the texts are derived.
    pub style: Option<Style>,
    /// Whether hosts see its numbers instead of its texts.
    #[serde(default)]
    pub numeric: bool,
    /// Whether unknown values pass through.
    #[serde(default)]
    pub open: bool,
    /// More public names.
    pub alias: Option<OneOrPer<Vec<String>>>,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// Values by name.
    pub value: Table<EnumValue>,
    /// What it distinguishes.
    pub doc: String,
}

/// One value of an enum.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnumValue {
    /// Permanent number.
    pub tag: u64,
    /// Published text where it differs from the derived one.
    pub text: Option<String>,
    /// Texts that are taken as well, never produced.
    #[serde(default)]
    pub alias: Vec<String>,
    /// What it means.
    pub doc: String,
}

/// A set of bits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flags {
    /// Integer that carries it.
    pub repr: String,
    /// How the texts are derived.
    pub style: Option<Style>,
    /// Whether unknown bits pass through.
    #[serde(default)]
    pub open: bool,
    /// Whether no bit at all is legal.
    #[serde(default)]
    pub empty: bool,
    /// Bits by name.
    pub bit: Table<Bit>,
    /// What it collects.
    pub doc: String,
}

/// One bit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bit {
    /// Permanent position, 0 is the lowest.
    pub bit: u8,
    /// Published text where it differs from the derived one.
    pub text: Option<String>,
    /// What it means.
    pub doc: String,
}

/// A tagged union.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Union {
    /// Name of the member that tells the cases apart.
    pub tag: String,
    /// How the tags are derived.
    pub style: Option<Style>,
    /// Deepest nesting of a recursive union.
    pub depth: Option<u32>,
    /// Whether a case without fields may be given as its bare tag.
    #[serde(default)]
    pub bare: bool,
    /// Name pattern of one constructor per case.
    pub factory: Option<OneOrPer<String>>,
    /// More public names.
    pub alias: Option<OneOrPer<Vec<String>>>,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// Cases by name.
    pub case: Table<Case>,
    /// What it chooses between.
    pub doc: String,
}

/// One case of a union.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Permanent number where it is not the position.
    pub index: Option<u32>,
    /// Published tag where it differs from the derived one.
    pub text: Option<String>,
    /// Fields by name, or the record whose fields it carries.
    #[serde(default)]
    pub fields: CaseFields,
    /// What it means.
    pub doc: String,
}

/// The fields of a case.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CaseFields {
    /// Those of a record.
    Record(String),
    /// Its own: name to argument expression.
    Own(Table<String>),
}

impl Default for CaseFields {
    fn default() -> Self {
        Self::Own(Table::new())
    }
}

/// A named base type.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scalar {
    /// Its base type.
    #[serde(rename = "type")]
    pub ty: String,
    /// Its text in messages, such as `0x{:016x}`.
    pub text: Option<String>,
    /// Texts that an argument may be given as: `hex`, `base64`, `utf8`.
    #[serde(default)]
    pub accept: Vec<String>,
    /// Text that it is handed out as.
    pub out: Option<String>,
    /// Least value.
    pub min: Option<i64>,
    /// Greatest value.
    pub max: Option<i64>,
    /// What it identifies.
    pub doc: String,
}

/// A public derivation.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Derive {
    /// Hash function.
    pub hash: String,
    /// Key of a keyed hash, ASCII.
    pub key: Option<String>,
    /// What is hashed.
    pub over: Vec<String>,
    /// Which bytes are taken, and how.
    pub take: String,
    /// What it derives.
    pub doc: String,
}

/// A record.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// `options` or `fields`: the record is also a class.
    pub class: Option<RecordClass>,
    /// Field as which the whole record may stand.
    #[serde(rename = "as")]
    pub stands_as: Option<String>,
    /// Whether it is printed as a tuple.
    #[serde(default)]
    pub tuple: bool,
    /// More public names.
    pub alias: Option<OneOrPer<Vec<String>>>,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// Languages that keep the names of the spec for the fields.
    pub rename_all: Option<PerLanguage<Style>>,
    /// Fields by name.
    pub field: Table<Field>,
    /// Members that show a field in another type.
    #[serde(default)]
    pub view: Table<View>,
    /// Methods of the value.
    #[serde(default, rename = "fn")]
    pub functions: Table<Method>,
    /// What it describes.
    pub doc: String,
}

/// How a record is a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RecordClass {
    /// Built from one object of options.
    Options,
    /// Built from its fields in order.
    Fields,
}

/// A field of a record.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its type expression.
    #[serde(rename = "type")]
    pub ty: String,
    /// What a caller who leaves it out gets.
    #[schemars(with = "Option<serde_json::Value>")]
    pub default: Option<toml::Value>,
    /// What absence means, where only the running system knows.
    pub absent: Option<String>,
    /// Least value, or length.
    pub min: Option<i64>,
    /// Greatest value, or length.
    pub max: Option<i64>,
    /// Names that are taken as well, never produced.
    pub alias: Option<OneOrPer<Vec<String>>>,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// Order of a list.
    pub order: Option<String>,
    /// Whether a 64-bit integer is a plain number in TypeScript, exact up to 2^53.
    #[serde(default)]
    pub number: bool,
    /// Never printed or logged.
    #[serde(default)]
    pub secret: bool,
    /// Cargo feature that it needs.
    pub feature: Option<String>,
    /// Version that first had it.
    pub since: Option<String>,
    /// What replaces it.
    pub deprecated: Option<Deprecated>,
    /// What it holds.
    pub doc: String,
}

/// A member that shows a field in another type.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The field.
    pub of: String,
    /// The type it is shown in: `bytes` of a string, or `json<t>` of its text.
    #[serde(rename = "type")]
    pub ty: String,
    /// What it gives.
    pub doc: String,
}

/// A byte layout.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wire {
    /// How the bytes are laid out.
    pub layout: LayoutKind,
    /// Byte order of its integers.
    pub endian: Option<Endian>,
    /// Length of a fixed layout.
    pub size: Option<u32>,
    /// Leading bytes, in hex.
    pub magic: Option<String>,
    /// Newest version.
    pub version: Option<u32>,
    /// Record or scalar that it encodes.
    pub of: Option<String>,
    /// Template of a text layout.
    pub format: Option<String>,
    /// Longest encoding.
    pub max: Option<u64>,
    /// Family and kind of what every decoder answers to other bytes.
    pub error: Option<String>,
    /// Signature over part of it.
    pub sign: Option<Sign>,
    /// Where it travels.
    pub carrier: Option<String>,
    /// `keep` to allow bytes behind the last field.
    pub trailing: Option<String>,
    /// Fields in order.
    #[serde(default)]
    pub fields: Vec<WireField>,
    /// What it encodes.
    pub doc: String,
}

/// Kinds of layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LayoutKind {
    /// Fields at offsets.
    Fixed,
    /// Fields in order, some of varying length.
    Sequence,
    /// Postcard of a record.
    Packed,
    /// A template that prints and parses.
    Text,
    /// Canonical JSON of a record.
    Json,
}

/// Byte orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Endian {
    /// Lowest byte first.
    Little,
    /// Highest byte first.
    Big,
}

/// A signature in a layout.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    /// Field with the public key.
    pub key: String,
    /// First and last field covered, `a..b`.
    pub over: String,
    /// Field that takes the signature.
    pub into: String,
}

/// A checksum in a layout.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Hash function.
    pub hash: String,
    /// First and last field covered, `a..b`.
    pub over: String,
    /// Which bytes are taken, and how.
    pub take: String,
}

/// A field of a layout.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WireField {
    /// Its name.
    pub name: String,
    /// Offset, in a fixed layout.
    pub at: Option<u32>,
    /// Its type expression; absent for a switch.
    #[serde(rename = "type")]
    pub ty: Option<String>,
    /// Layout of the rest, chosen by an earlier field.
    ///
    /// The key `on` names the field; every other key is one of its values.
    pub switch: Option<Table<String>>,
    /// Form of its length: `u8`, `u16`, `u32`, `varint`, `rest`.
    pub len: Option<String>,
    /// Form of the count of a list.
    pub count: Option<String>,
    /// Greatest length, count or value.
    pub max: Option<u64>,
    /// Bit of an earlier field that says whether it is there: `flags.has_token`.
    pub when: Option<String>,
    /// Parts of an integer, lowest bits first.
    #[serde(default)]
    pub bits: Table<u8>,
    /// Version that first had it.
    pub since: Option<u32>,
    /// Value for older versions.
    #[schemars(with = "Option<serde_json::Value>")]
    pub default: Option<toml::Value>,
    /// Checksum that it holds.
    pub check: Option<Check>,
    /// What it holds.
    pub doc: String,
}

/// An object behind a handle.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// Type variables.
    #[serde(default)]
    pub generic: Vec<String>,
    /// What it is a stream of.
    pub iterates: Option<String>,
    /// Option that holds a stream's initial credit.
    pub credit: Option<String>,
    /// Method that ends it.
    pub close: Option<String>,
    /// Constructor whose argument stands for the object.
    #[serde(default)]
    pub accept: Vec<String>,
    /// More public names.
    pub alias: Option<OneOrPer<Vec<String>>>,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// Cargo feature that it needs.
    pub feature: Option<String>,
    /// Constructors by name.
    #[serde(default)]
    pub new: Table<Method>,
    /// Methods by name.
    #[serde(default, rename = "fn")]
    pub functions: Table<Method>,
    /// Properties by name.
    #[serde(default)]
    pub prop: Table<Prop>,
    /// What it is.
    pub doc: String,
}

/// A function, method or constructor.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Whether it completes later.
    #[serde(default, rename = "async")]
    pub is_async: bool,
    /// Whether it needs no object.
    #[serde(default, rename = "static")]
    pub is_static: bool,
    /// Arguments in order: name to argument expression.
    #[serde(default)]
    pub args: Table<String>,
    /// Type of its result.
    pub returns: Option<String>,
    /// Error families it can answer with, besides `base`.
    #[serde(default)]
    pub throws: OneOrMany,
    /// Type variables.
    #[serde(default)]
    pub generic: Vec<String>,
    /// One crossing a call, no allocation at the boundary.
    #[serde(default)]
    pub hot: bool,
    /// Collected in a buffer of the host.
    pub combine: Option<Combine>,
    /// Function that wraps it: `with(acquire)`.
    pub sugar: Option<String>,
    /// Method of which it is another signature.
    pub overload: Option<String>,
    /// More public names.
    pub alias: Option<OneOrPer<Vec<String>>>,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// Order of a list that it returns.
    pub order: Option<String>,
    /// Cargo feature that it needs.
    pub feature: Option<String>,
    /// For the kernels of the bindings only: it crosses, and no package publishes it.
    #[serde(default)]
    pub internal: bool,
    /// What replaces it.
    pub deprecated: Option<Deprecated>,
    /// Whether a host may leave it out (host interfaces).
    #[serde(default)]
    pub optional: bool,
    /// Milliseconds that a host has to answer (host interfaces).
    pub timeout: Option<u64>,
    /// Region of the examples that shows it.
    pub example: Option<String>,
    /// Languages that do not have it, each with the reason.
    pub skip: Option<PerLanguage<String>>,
    /// What it does.
    pub doc: String,
}

/// One name or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl OneOrMany {
    /// The names.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

/// How calls are combined.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Combine {
    /// Method that takes the combined calls.
    pub into: String,
    /// Method that reserves room.
    pub reserve: String,
}

/// What replaces an item.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deprecated {
    /// Version that deprecated it.
    pub since: String,
    /// What to use.
    #[serde(rename = "use")]
    pub instead: String,
}

/// A property.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prop {
    /// Its type expression.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether it never changes.
    #[serde(default)]
    pub fixed: bool,
    /// More public names.
    pub alias: Option<OneOrPer<Vec<String>>>,
    /// Published names that differ from the derived ones.
    pub rename: Option<PerLanguage<String>>,
    /// Order of a list.
    pub order: Option<String>,
    /// Cargo feature that it needs.
    pub feature: Option<String>,
    /// For the kernels of the bindings only: it crosses, and no package publishes it.
    #[serde(default)]
    pub internal: bool,
    /// Languages that do not have it, each with the reason.
    pub skip: Option<PerLanguage<String>>,
    /// What it tells.
    pub doc: String,
}

/// An interface of the host language.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// From which threads it is called.
    pub thread: Thread,
    /// Whether a plain function is an implementation.
    #[serde(default)]
    pub callable: bool,
    /// Type variables.
    #[serde(default)]
    pub generic: Vec<String>,
    /// Properties, read once when the object is handed over.
    #[serde(default)]
    pub prop: Table<Prop>,
    /// Methods by name.
    #[serde(rename = "fn")]
    pub functions: Table<Method>,
    /// What it does.
    pub doc: String,
}

/// How an interface of the host is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Thread {
    /// From any thread, also at once.
    Any,
    /// Never two calls at once on one instance.
    Serial,
}

/// A metric.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Published name.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: String,
    /// Unit.
    pub unit: Option<String>,
    /// Labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// What it counts.
    pub doc: String,
}

/// `spec/packages.toml`: what each package exports where.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Packages {
    /// Packages by published name.
    pub package: Table<Package>,
}

/// One package.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its language.
    pub language: String,
    /// What its root exports.
    pub root: String,
    /// Subpaths, and what they export.
    #[serde(default)]
    pub path: Table<Vec<String>>,
    /// Whether it has an `aio` twin.
    #[serde(default)]
    pub aio: bool,
}
