//! The one grammar of the language: type expressions.
//!
//! It knows no names; whoever has a text parsed says what the names in it stand for.
//!
//! ```text
//! type   = base [ "?" ]
//! base   = bool | u8..u64 | i8..i64 | f64 | string | bytes | bytes<N> | duration<U> | instant<U> | date | size<bytes>
//!        | json<var> | error | list<T> | map<string,T> | stream<T> | self | [ module "." ] name [ "<" var { "," var } ">" ]
//! arg    = [ "&" ] type [ " = " default ] | "..." type | "host " name [ "?" ]
//! field  = type | "..." type | "host " name [ "?" ] | "'" constant "'"
//! ```

use crate::ir::{At, Int, Type, Unit};

/// What a type's name stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item {
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
    /// An object.
    Object(At),
    /// An interface of the host.
    Host(At),
}

/// What a name stands for, or why it stands for nothing.
pub(super) type Find<'a> = &'a dyn Fn(&str) -> Result<Item, String>;

/// An argument or field expression, taken apart.
#[derive(Debug)]
pub(super) struct Expression {
    /// Its type; a variadic one is a list.
    pub(super) ty: Type,
    /// Borrowed for the call.
    pub(super) borrowed: bool,
    /// One or any number of values.
    pub(super) variadic: bool,
    /// The text behind ` = `.
    pub(super) default: Option<String>,
}

/// Parses an argument or a field.
pub(super) fn expression(text: &str, find: Find<'_>) -> Result<Expression, String> {
    let (text, default) = match text.split_once(" = ") {
        Some((ty, default)) => (ty.trim(), Some(default.trim().to_owned())),
        None => (text.trim(), None),
    };
    let (text, borrowed) = text.strip_prefix('&').map_or((text, false), |rest| (rest, true));
    let (text, variadic) = text.strip_prefix("...").map_or((text, false), |rest| (rest, true));
    let ty = ty(text, find)?;
    let ty = if variadic { Type::List(Box::new(ty)) } else { ty };
    if borrowed && ty != Type::Bytes {
        return Err("only `&bytes` is borrowed".into());
    }
    Ok(Expression { ty, borrowed, variadic, default })
}

/// Parses a type.
pub(super) fn ty(text: &str, find: Find<'_>) -> Result<Type, String> {
    let mut parser = Parser { rest: text, find };
    let ty = parser.ty()?;
    if parser.rest.is_empty() {
        Ok(ty)
    } else {
        Err(format!("`{}` is left over behind the type", parser.rest))
    }
}

struct Parser<'a> {
    rest: &'a str,
    find: Find<'a>,
}

impl<'a> Parser<'a> {
    fn ty(&mut self) -> Result<Type, String> {
        if let Some(constant) = self.rest.strip_prefix('\'') {
            let (text, rest) = constant.split_once('\'').ok_or("a constant ends with a quote")?;
            self.rest = rest;
            return Ok(Type::Constant(text.to_owned()));
        }
        let base = match self.rest.strip_prefix("host ") {
            Some(rest) => {
                self.rest = rest.trim_start();
                self.host()?
            }
            None => self.base()?,
        };
        if self.take("?") { Ok(Type::Optional(Box::new(base))) } else { Ok(base) }
    }

    fn base(&mut self) -> Result<Type, String> {
        let name = self.word()?;
        Ok(match name {
            "bool" => Type::Bool,
            "u8" => Type::Int(Int::U8),
            "u16" => Type::Int(Int::U16),
            "u32" => Type::Int(Int::U32),
            "u64" => Type::Int(Int::U64),
            "i8" => Type::Int(Int::I8),
            "i16" => Type::Int(Int::I16),
            "i32" => Type::Int(Int::I32),
            "i64" => Type::Int(Int::I64),
            "f64" => Type::F64,
            "string" => Type::String,
            "date" => Type::Date,
            "error" => Type::Error,
            "self" => Type::SelfType,
            "bytes" if self.rest.starts_with('<') => {
                let width = self.one_parameter()?;
                Type::FixedBytes(width.parse().map_err(|_| format!("`{width}` is not a number of bytes"))?)
            }
            "bytes" => Type::Bytes,
            "duration" => Type::Duration(self.unit()?),
            "instant" => Type::Instant(self.unit()?),
            "size" => match self.one_parameter()? {
                "bytes" => Type::Size,
                other => return Err(format!("sizes are in `bytes`, not `{other}`")),
            },
            "json" => Type::Json(self.one_parameter()?.to_owned()),
            "list" => Type::List(Box::new(self.inner()?)),
            "stream" => Type::Stream(Box::new(self.inner()?)),
            "map" => {
                if !self.take("<string,") {
                    return Err("a map is `map<string,T>`".into());
                }
                self.rest = self.rest.trim_start();
                let inner = self.ty()?;
                self.expect(">")?;
                Type::Map(Box::new(inner))
            }
            name => self.named(name)?,
        })
    }

    fn named(&mut self, name: &str) -> Result<Type, String> {
        match (self.find)(name)? {
            Item::Scalar(at) => Ok(Type::Scalar(at)),
            Item::Enum(at) => Ok(Type::Enum(at)),
            Item::Flags(at) => Ok(Type::Flags(at)),
            Item::Record(at) => Ok(Type::Record(at)),
            Item::Union(at) => Ok(Type::Union(at)),
            Item::Object(at) => Ok(Type::Object(at, self.variables()?)),
            Item::Host(_) => Err(format!("`{name}` is implemented by the host: write `host {name}`")),
        }
    }

    fn host(&mut self) -> Result<Type, String> {
        let name = self.word()?;
        match (self.find)(name)? {
            Item::Host(at) => Ok(Type::Host(at, self.variables()?)),
            _ => Err(format!("`{name}` is not an interface of the host")),
        }
    }

    fn variables(&mut self) -> Result<Vec<String>, String> {
        if !self.rest.starts_with('<') {
            return Ok(Vec::new());
        }
        Ok(self.parameters()?.split(',').map(|v| v.trim().to_owned()).collect())
    }

    fn unit(&mut self) -> Result<Unit, String> {
        match self.one_parameter()? {
            "ns" => Ok(Unit::Ns),
            "us" => Ok(Unit::Us),
            "ms" => Ok(Unit::Ms),
            "s" => Ok(Unit::S),
            other => Err(format!("`{other}` is not a unit of time: one of ns, us, ms, s")),
        }
    }

    fn inner(&mut self) -> Result<Type, String> {
        self.expect("<")?;
        let inner = self.ty()?;
        self.expect(">")?;
        Ok(inner)
    }

    fn one_parameter(&mut self) -> Result<&'a str, String> {
        Ok(self.parameters()?.trim())
    }

    fn parameters(&mut self) -> Result<&'a str, String> {
        self.expect("<")?;
        let (inside, rest) = self.rest.split_once('>').ok_or("a `<` has no `>`")?;
        self.rest = rest;
        Ok(inside)
    }

    fn word(&mut self) -> Result<&'a str, String> {
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
            .unwrap_or(self.rest.len());
        if end == 0 {
            return Err(if self.rest.is_empty() {
                "a type is missing".into()
            } else {
                format!("`{}` is not a type", self.rest)
            });
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(word)
    }

    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, text: &str) -> Result<(), String> {
        if self.take(text) {
            Ok(())
        } else {
            Err(if self.rest.is_empty() {
                format!("a `{text}` is missing")
            } else {
                format!("a `{text}` is missing before `{}`", self.rest)
            })
        }
    }
}
