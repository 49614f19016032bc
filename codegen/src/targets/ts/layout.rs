//! Laying out code as prettier does: what fits into a line stays in one, else its outermost list breaks.

/// Columns of a line.
pub(crate) const WIDTH: usize = 100;

/// A piece of code that may break.
#[derive(Debug, Clone)]
pub(crate) enum Doc {
    /// As it stands.
    Text(String),
    /// One after the other.
    Concat(Vec<Self>),
    /// Breaks as a whole, or not at all.
    Group(Box<Self>),
    /// Deeper by one level where it breaks.
    Indent(Box<Self>),
    /// A blank, or a new line in a group that breaks.
    Line,
    /// Nothing, or a new line in a group that breaks.
    Soft,
    /// Only in a group that breaks.
    IfBroken(&'static str),
}

/// Text that does not break.
pub(crate) fn text(text: impl Into<String>) -> Doc {
    Doc::Text(text.into())
}

/// Pieces one after the other.
pub(crate) fn concat(pieces: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Concat(pieces.into_iter().collect())
}

/// `head(a, b)`; a rest parameter, the last, has no comma behind it.
pub(crate) fn call(head: &str, args: Vec<Doc>) -> Doc {
    concat([text(head), list("(", args, ")")])
}

/// A list between brackets: in one line, or one item a line with a comma behind each.
pub(crate) fn list(open: &str, items: Vec<Doc>, close: &str) -> Doc {
    if items.is_empty() {
        return text(format!("{open}{close}"));
    }
    let is_rest =
        matches!(items.last(), Some(Doc::Text(last)) if last.starts_with("...") && last.contains(": "));
    let comma = if is_rest { "" } else { "," };
    let mut inner = vec![Doc::Soft];
    for (position, item) in items.into_iter().enumerate() {
        if position > 0 {
            inner.extend([text(","), Doc::Line]);
        }
        inner.push(item);
    }
    let pieces = [text(open), Doc::Indent(Box::new(Doc::Concat(inner))), Doc::IfBroken(comma), Doc::Soft];
    Doc::Group(Box::new(concat(pieces.into_iter().chain([text(close)]))))
}

/// `head = A | B`: in one line, else on the next, else one member a line behind a bar.
pub(crate) fn union(head: &str, members: &[String]) -> Doc {
    let mut inner = vec![Doc::IfBroken(if members.len() > 1 { "| " } else { "" })];
    for (position, member) in members.iter().enumerate() {
        if position > 0 {
            inner.extend([Doc::Line, text("| ")]);
        }
        inner.push(text(member));
    }
    let all = concat([Doc::Line, Doc::Group(Box::new(Doc::Concat(inner)))]);
    Doc::Group(Box::new(concat([text(head), Doc::Indent(Box::new(all)), text(";")])))
}

/// The code of a statement or declaration whose first line stands so many levels deep; without that indentation.
pub(crate) fn print(doc: &Doc, level: usize) -> String {
    let mut printer = Printer { text: String::new(), column: level * 2 };
    printer.run(doc, level);
    printer.text
}

struct Printer {
    text: String,
    column: usize,
}

impl Printer {
    fn run(&mut self, doc: &Doc, level: usize) {
        let mut waiting = vec![(level, true, doc)];
        while let Some((level, broken, doc)) = waiting.pop() {
            match doc {
                Doc::Text(text) => self.put(text),
                Doc::Concat(pieces) => waiting.extend(pieces.iter().rev().map(|p| (level, broken, p))),
                Doc::Indent(inner) => waiting.push((level + 1, broken, inner)),
                Doc::Group(inner) => {
                    let flat = self.fits(inner, &waiting);
                    waiting.push((level, !flat, inner));
                }
                Doc::IfBroken(text) if broken => self.put(text),
                Doc::Line | Doc::Soft if broken => {
                    self.text.truncate(self.text.trim_end_matches(' ').len());
                    self.text += &format!("\n{:1$}", "", level * 2);
                    self.column = level * 2;
                }
                Doc::Line => self.put(" "),
                Doc::Soft | Doc::IfBroken(_) => {}
            }
        }
    }

    fn put(&mut self, text: &str) {
        self.text += text;
        self.column += text.chars().count();
    }

    /// Whether a group fits into the rest of the line, with what follows up to the next place that may break.
    fn fits(&self, group: &Doc, behind: &[(usize, bool, &Doc)]) -> bool {
        let mut room = WIDTH as isize - self.column as isize;
        let mut waiting = vec![(false, group)];
        let mut behind = behind.iter().rev();
        loop {
            let Some((broken, doc)) = waiting.pop() else {
                let Some((_, broken, doc)) = behind.next() else { return room >= 0 };
                waiting.push((*broken, doc));
                continue;
            };
            match doc {
                Doc::Text(text) => room -= text.chars().count() as isize,
                Doc::Concat(pieces) => waiting.extend(pieces.iter().rev().map(|p| (broken, p))),
                Doc::Indent(inner) => waiting.push((broken, inner)),
                // A group behind may break on its own.
                Doc::Group(inner) => waiting.push((false, inner)),
                Doc::Line | Doc::Soft if broken => return room >= 0,
                Doc::Line => room -= 1,
                Doc::IfBroken(text) if broken => room -= text.len() as isize,
                Doc::Soft | Doc::IfBroken(_) => {}
            }
            if room < 0 {
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_in_one_line() {
        let doc = call("k.call", vec![text("native.f"), text("x")]);
        assert_eq!(print(&doc, 1), "k.call(native.f, x)");
    }

    #[test]
    fn a_list_breaks_as_a_whole_and_ends_with_a_comma() {
        let long = "a".repeat(60);
        let doc = call("f", vec![text(&long), call("g", vec![text(&long)])]);
        assert_eq!(print(&doc, 0), format!("f(\n  {long},\n  g({long}),\n)"));
    }

    #[test]
    fn what_follows_a_list_counts() {
        let args = vec![text("a".repeat(45)), text("b".repeat(45))];
        let fitting = concat([call("f", args.clone()), text(";")]);
        assert!(!print(&fitting, 0).contains('\n'));
        assert!(print(&concat([call("f", args), text(": string {")]), 0).contains('\n'));
    }
}
