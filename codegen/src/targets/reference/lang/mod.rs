//! What each language calls an item: nothing but the target's own names.

pub(crate) mod c;
mod go;
mod python;
pub(crate) mod rust;
mod ts;

use crate::ir::{
    Api, At, Bit, Case, Enum, EnumValue, ErrorField, Family, Field, Flags, Host, Kind, Lang, Method, Name,
    Object, Record, Union, View, Wire,
};

/// Where a function stands.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    pub api: &'a Api,
    /// Position of the module.
    pub module: usize,
    /// The object that it belongs to.
    pub object: Option<(At, &'a Object)>,
}

/// The spelling of one language. Nothing means that it has no such name.
pub(crate) trait Language: Sync {
    /// Which one.
    fn lang(&self) -> Lang;

    /// Its name for people.
    fn label(&self) -> &'static str;

    /// A type.
    fn ty(&self, name: &Name) -> Option<String>;

    /// An object.
    fn object(&self, name: &Name) -> Option<String> {
        self.ty(name)
    }

    /// More names of a type.
    fn type_aliases(&self, name: &Name) -> Vec<String>;

    /// A constant.
    fn constant(&self, name: &Name) -> Option<String>;

    /// A value of an enum.
    fn value(&self, item: &Enum, value: &EnumValue) -> Option<String>;

    /// A bit of flags.
    fn bit(&self, item: &Flags, bit: &Bit) -> Option<String>;

    /// A case of a union.
    fn case(&self, item: &Union, case: &Case) -> Option<String>;

    /// A field of a union's case, behind what holds it.
    fn case_field(&self, api: &Api, item: &Union, case: &Case, field: &Field) -> Option<String>;

    /// A field of a record.
    fn field(&self, api: &Api, record: &Record, field: &Field) -> Option<String>;

    /// More names of a field, as they are given where a record is made.
    fn field_aliases(&self, _: &Api, _: &Record, _: &Field) -> Vec<String> {
        Vec::new()
    }

    /// A member of a record that shows a field in another type, behind the record.
    fn view(&self, record: &Record, view: &View) -> Option<String>;

    /// What encodes and decodes a layout.
    fn layout(&self, api: &Api, item: &Wire) -> Vec<String>;

    /// A method or property of an interface of the host, behind the interface.
    fn member(&self, host: &Host, member: &Method) -> Option<String>;

    /// The type of an error family.
    fn family(&self, item: &Family) -> Option<String>;

    /// How a kind of error is told.
    fn kind(&self, family: &Family, kind: &Kind) -> Option<String>;

    /// Where a kind of error is declared.
    fn kind_declared(&self, family: &Family, kind: &Kind) -> Option<String> {
        self.kind(family, kind)
    }

    /// A field of an error, behind what holds it.
    fn kind_field(&self, api: &Api, family: &Family, kind: &Kind, field: &ErrorField) -> Option<String>;

    /// How a function is named where it is called.
    fn called(&self, site: Site<'_>, method: &Method) -> Option<String>;

    /// The declaration of a function, in one line.
    fn signature(&self, site: Site<'_>, method: &Method) -> Option<String>;

    /// More names of a function.
    fn aliases(&self, site: Site<'_>, method: &Method) -> Vec<String>;
}

/// The languages, in the order in which tables show them.
pub(crate) const ALL: [&dyn Language; 5] = [&rust::Rust, &ts::Ts, &python::Python, &go::Go, &c::C];

/// Code that was broken into lines, in one line.
fn one_line(code: &str) -> String {
    let words = code.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace("( ", "(").replace(", )", ")").replace("{ ,", "{")
}
