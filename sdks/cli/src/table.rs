//! Columns that stand below each other.

use std::io::{self, Write};

use crate::text;

/// A table with a line of titles.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    titles: [&'static str; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table without rows. Columns of figures have a title that begins with `>`, and are set to the right.
    pub(crate) const fn new(titles: [&'static str; N]) -> Self {
        Self { titles, rows: Vec::new() }
    }

    /// Adds a row; what of it would command a terminal is shown escaped.
    pub(crate) fn add(&mut self, row: [String; N]) {
        self.rows.push(row.map(|cell| text::escaped(&cell).into_owned()));
    }

    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let titles = self.titles.map(|title| title.trim_start_matches('>').to_owned());
        let lines = || std::iter::once(&titles).chain(&self.rows);
        let widths: [usize; N] =
            std::array::from_fn(|at| lines().map(|row| row[at].chars().count()).max().unwrap_or(0));
        for row in lines() {
            let cells = row.iter().zip(widths).zip(self.titles);
            let cells = cells.map(|((cell, width), title)| match title.starts_with('>') {
                true => format!("{cell:>width$}"),
                false => format!("{cell:width$}"),
            });
            writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// Writes what something is called and what it is, one a line.
pub(crate) fn write_facts(out: &mut impl Write, facts: &[(&str, String)]) -> io::Result<()> {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    facts.iter().try_for_each(|(name, fact)| writeln!(out, "{name:width$}  {fact}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_to_the_right_and_words_to_the_left() {
        let mut table = Table::new(["NAME", ">SIZE", "NOTE"]);
        table.add(["a".to_owned(), "1".to_owned(), String::new()]);
        table.add(["longer".to_owned(), "12345".to_owned(), "\u{1b}[2J".to_owned()]);
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "NAME     SIZE  NOTE\na           1\nlonger  12345  \\u{1b}[2J\n");
    }
}
