//! Lines as the formatter leaves them.

/// Widest line.
const WIDTH: usize = 100;

/// A bracketed list: on one line, else its items on one line of their own, else one item a line.
///
/// `open` ends in the opening bracket and `close` begins with the closing one; both without indentation.
pub(crate) fn call(indent: usize, open: &str, items: &[String], close: &str) -> String {
    let pad = " ".repeat(indent);
    let flat = format!("{pad}{open}{}{close}", items.join(", "));
    if width(&flat) <= WIDTH {
        return flat;
    }
    let inner = format!("{pad}    {}", items.join(", "));
    // A lone star is no item that a comma may follow when all stand on one line; a lone parameter is one.
    let is_lone = items.len() == 1 && open.contains("def ");
    if width(&inner) <= WIDTH && !is_lone {
        return format!("{pad}{open}\n{inner}\n{pad}{close}");
    }
    exploded(indent, open, items, close)
}

/// A bracketed list of a literal or an import: on one line, else one item a line.
pub(crate) fn list(indent: usize, open: &str, items: &[String], close: &str) -> String {
    let pad = " ".repeat(indent);
    let flat = format!("{pad}{open}{}{close}", items.join(", "));
    if width(&flat) <= WIDTH { flat } else { exploded(indent, open, items, close) }
}

/// An import, which has its brackets only where it does not fit.
pub(crate) fn import(module: &str, items: &[String]) -> String {
    let flat = format!("from {module} import {}", items.join(", "));
    if width(&flat) <= WIDTH { flat } else { exploded(0, &format!("from {module} import ("), items, ")") }
}

/// A docstring with its lines broken at the width.
pub(crate) fn doc(indent: usize, text: &str) -> String {
    let pad = " ".repeat(indent);
    let text = reflowed(text).replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
    let single = format!("{pad}\"\"\"{text}\"\"\"");
    if !text.contains('\n') && width(&single) <= WIDTH {
        return single;
    }
    // The closing quotes alone do not get a line of their own.
    if !text.contains('\n') && width(&single) <= WIDTH + 3 {
        return single;
    }
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let lead = format!("\"\"\"{first}");
    let mut lines = wrapped(indent, &lead);
    lines.extend(rest.lines().flat_map(|line| wrapped(indent, line.trim_end())));
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    format!("{}\n{pad}\"\"\"", lines.join("\n"))
}

/// A text with each paragraph on one line; lines that are indented stay.
fn reflowed(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        match lines.last_mut() {
            Some(last) if !last.is_empty() && !line.is_empty() && !line.starts_with([' ', '-', '|']) => {
                *last += &format!(" {line}");
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

/// A line that ends in a bracketed expression and `after`, broken where it does not fit, as deep as it must.
pub(crate) fn expression(indent: usize, line: &str, after: &str) -> String {
    let pad = " ".repeat(indent);
    let flat = format!("{pad}{line}{after}");
    let Some(start) = last_bracket(line).filter(|_| width(&flat) > WIDTH) else { return flat };
    let (open, rest) = line.split_at(start + 1);
    let (inner, close) = rest.split_at(rest.len() - 1);
    let is_call = open[..start].ends_with(|char: char| char.is_alphanumeric() || char == '_');
    let one = format!("{pad}    {inner}");
    if is_call && width(&one) <= WIDTH {
        return format!("{pad}{open}\n{one}\n{pad}{close}{after}");
    }
    let items = items(inner);
    let lines: String = items.iter().map(|item| expression(indent + 4, item, ",") + "\n").collect();
    format!("{pad}{open}\n{lines}{pad}{close}{after}")
}

/// Where the bracket opens that the last character closes.
fn last_bracket(line: &str) -> Option<usize> {
    let mut open = Vec::new();
    let mut last = None;
    scan(line, |at, char| match char {
        '(' | '[' | '{' => open.push(at),
        ')' | ']' | '}' => last = open.pop().filter(|_| at + 1 == line.len()),
        _ => {}
    });
    last
}

/// What the commas of a list part, without those within its items.
fn items(text: &str) -> Vec<&str> {
    let (mut depth, mut start) = (0, 0);
    let mut items = Vec::new();
    scan(text, |at, char| match char {
        '(' | '[' | '{' => depth += 1,
        ')' | ']' | '}' => depth -= 1,
        ',' if depth == 0 => {
            items.push(text[start..at].trim());
            start = at + 1;
        }
        _ => {}
    });
    items.push(text[start..].trim());
    items.retain(|item| !item.is_empty());
    items
}

/// Visits the characters that are in no literal text.
fn scan(text: &str, mut visit: impl FnMut(usize, char)) {
    let mut quote = None;
    let mut escaped = false;
    for (at, char) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if char == '\\' => escaped = true,
            Some(end) if char == end => quote = None,
            Some(_) => {}
            None if char == '"' || char == '\'' => quote = Some(char),
            None => visit(at, char),
        }
    }
}

/// A printed page with one or two blank lines where there are more, and one newline at its end.
pub(crate) fn page(text: &str) -> String {
    let mut text = text.trim_end().to_owned() + "\n";
    while text.contains("\n\n\n\n") {
        text = text.replace("\n\n\n\n", "\n\n\n");
    }
    text
}

fn exploded(indent: usize, open: &str, items: &[String], close: &str) -> String {
    let pad = " ".repeat(indent);
    let lines: String = items.iter().map(|item| declared(&format!("{pad}    "), item)).collect();
    format!("{pad}{open}\n{lines}{pad}{close}")
}

/// An item with its comma; the types of a parameter that are too many for a line have one each.
fn declared(pad: &str, item: &str) -> String {
    let flat = format!("{pad}{item},\n");
    if width(&flat) <= WIDTH + 1 || !item.contains(": ") {
        return flat;
    }
    let (mut depth, mut start) = (0, 0);
    let mut lines = String::new();
    scan(item, |at, char| match char {
        '[' | '(' => depth += 1,
        ']' | ')' => depth -= 1,
        '|' if depth == 0 => {
            lines += &format!("{pad}{}\n", item[start..at].trim());
            start = at;
        }
        _ => {}
    });
    format!("{lines}{pad}{},\n", item[start..].trim())
}

fn wrapped(indent: usize, line: &str) -> Vec<String> {
    if line.is_empty() {
        return vec![String::new()];
    }
    let hang = line.len() - line.trim_start().len();
    let pad = " ".repeat(indent + hang);
    let (mut lines, mut length) = (vec![pad.clone()], pad.len());
    for (at, word) in line.split_whitespace().enumerate() {
        let last = lines.last_mut().expect("there is a line");
        let gap = if at == 0 { "" } else { " " };
        if length + gap.len() + width(word) > WIDTH && at > 0 {
            lines.push(format!("{pad}{}{word}", if hang > 0 { "  " } else { "" }));
            length = lines.last().map_or(0, |line| width(line));
        } else {
            last.push_str(gap);
            last.push_str(word);
            length += gap.len() + width(word);
        }
    }
    lines
}

fn width(text: &str) -> usize {
    text.chars().count()
}
