//! Texts with gaps: `{name}`, `{name:04x}`, and `[...]` around what is printed only when all that it names is there. Brackets
//! around what names nothing are text.

use crate::ir::{Piece, Template};

/// Parses a template.
pub(super) fn template(text: &str) -> Result<Template, String> {
    let (pieces, rest) = pieces(text, false)?;
    debug_assert!(rest.is_empty());
    Ok(Template { pieces })
}

/// The names that a template mentions.
pub fn names(template: &Template) -> Vec<&str> {
    fn collect<'a>(pieces: &'a [Piece], names: &mut Vec<&'a str>) {
        for piece in pieces {
            match piece {
                Piece::Text(_) => {}
                Piece::Value(name, _) => names.push(name),
                Piece::Group(inner) => collect(inner, names),
            }
        }
    }
    let mut names = Vec::new();
    collect(&template.pieces, &mut names);
    names
}

fn pieces(mut text: &str, grouped: bool) -> Result<(Vec<Piece>, &str), String> {
    let mut pieces = Vec::new();
    loop {
        let at = text.find(['{', '[', ']']).unwrap_or(text.len());
        if at > 0 {
            pieces.push(Piece::Text(text[..at].to_owned()));
        }
        text = &text[at..];
        match text.chars().next() {
            Some('{') => {
                let (inside, rest) = text[1..].split_once('}').ok_or("a `{` has no `}`")?;
                pieces.push(value(inside)?);
                text = rest;
            }
            Some('[') => {
                let (inner, rest) = self::pieces(&text[1..], true)?;
                let inner = Template { pieces: inner };
                pieces.push(match names(&inner).is_empty() {
                    true => Piece::Text(text[..text.len() - rest.len()].to_owned()),
                    false => Piece::Group(inner.pieces),
                });
                text = rest;
            }
            Some(_) if grouped => return Ok((pieces, &text[1..])),
            Some(_) => return Err("a `]` has no `[`".into()),
            None if grouped => return Err("a `[` has no `]`".into()),
            None => return Ok((pieces, text)),
        }
    }
}

fn value(inside: &str) -> Result<Piece, String> {
    let (name, format) = match inside.split_once(':') {
        Some((name, format)) => (name, Some(format)),
        None => (inside, None),
    };
    let format = format
        .map(|format| {
            let digits =
                format.strip_suffix('x').ok_or_else(|| format!("`{format}` is not a form such as `04x`"))?;
            let width = if digits.is_empty() { Ok(0) } else { digits.parse() };
            width.map(|width| (width, 16)).map_err(|_| format!("`{format}` is not a form such as `04x`"))
        })
        .transpose()?;
    Ok(Piece::Value(name.to_owned(), format))
}
