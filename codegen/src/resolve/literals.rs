//! Values that the spec writes down, read as what their types say.

use super::names::Index;
use crate::ir::{Int, Literal, Type};

/// Reads the default of an argument, which is written as text.
pub(super) fn text_literal(text: &str, ty: &Type, index: &Index) -> Result<Literal, String> {
    let value = match text {
        "{}" => return empty(ty),
        "[]" => toml::Value::Array(Vec::new()),
        "true" => toml::Value::Boolean(true),
        "false" => toml::Value::Boolean(false),
        _ => match text.replace('_', "").parse::<i64>() {
            Ok(int) => toml::Value::Integer(int),
            Err(_) => match text.parse::<f64>() {
                Ok(float) => toml::Value::Float(float),
                Err(_) => toml::Value::String(text.trim_matches('\'').to_owned()),
            },
        },
    };
    literal(&value, ty, index)
}

/// Reads a value of a type.
pub(super) fn literal(value: &toml::Value, ty: &Type, index: &Index) -> Result<Literal, String> {
    let wrong = || Err(format!("`{value}` is not a value of this type"));
    match (value, ty.split_optional().0) {
        (toml::Value::Boolean(value), Type::Bool) => Ok(Literal::Bool(*value)),
        (toml::Value::Integer(value), Type::Int(int)) => in_range(i128::from(*value), *int),
        (toml::Value::Integer(value), Type::Duration(_) | Type::Instant(_) | Type::Size) => {
            in_range(i128::from(*value), Int::U64)
        }
        (toml::Value::Integer(value), Type::Scalar(at)) => {
            literal(&toml::Value::Integer(*value), index.scalar_base(*at), index)
        }
        (toml::Value::Float(value), Type::F64) => Ok(Literal::Float(*value)),
        (toml::Value::Integer(value), Type::F64) => Ok(Literal::Float(*value as f64)),
        (toml::Value::String(value), Type::String) => Ok(Literal::Text(value.clone())),
        (toml::Value::String(value), Type::Scalar(_)) => Ok(Literal::Text(value.clone())),
        (toml::Value::String(value), Type::Enum(at)) => {
            match index.enum_values(*at).iter().position(|v| v == value) {
                Some(position) => Ok(Literal::EnumValue(position)),
                None => Err(format!("`{value}` is none of {}", index.enum_values(*at).join(", "))),
            }
        }
        (toml::Value::String(value), Type::Union(at)) => {
            match index.union_cases(*at).iter().position(|v| v == value) {
                Some(position) => Ok(Literal::UnionCase(position)),
                None => Err(format!("`{value}` is none of {}", index.union_cases(*at).join(", "))),
            }
        }
        (toml::Value::Array(values), Type::Flags(at)) => values
            .iter()
            .map(|value| {
                let text = value.as_str().unwrap_or_default();
                index
                    .flag_bits(*at)
                    .iter()
                    .position(|v| v == text)
                    .ok_or_else(|| format!("`{value}` is no bit"))
            })
            .collect::<Result<_, _>>()
            .map(Literal::FlagBits),
        (toml::Value::Array(values), Type::List(of)) => {
            values.iter().map(|value| literal(value, of, index)).collect::<Result<_, _>>().map(Literal::List)
        }
        (toml::Value::Table(table), _) if table.is_empty() => empty(ty),
        _ => wrong(),
    }
}

fn empty(ty: &Type) -> Result<Literal, String> {
    match ty {
        Type::Record(_) => Ok(Literal::Record),
        Type::Map(_) => Ok(Literal::Map),
        _ => Err("`{}` is a record or a map".into()),
    }
}

fn in_range(value: i128, int: Int) -> Result<Literal, String> {
    let (least, greatest) = int.range();
    if (least..=greatest).contains(&value) {
        Ok(Literal::Int(value))
    } else {
        Err(format!("{value} does not fit {}", int.key()))
    }
}
