//! Tables of Markdown that are readable as text: columns aligned, no blanks at the ends of lines.

/// Widest column that others are aligned to; a longer cell sticks out of its column.
const WIDEST: usize = 48;

/// A table; a column in which every cell is empty is left out.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let kept: Vec<_> =
        (0..head.len()).filter(|column| rows.iter().any(|row| !row[*column].is_empty())).collect();
    let widths: Vec<_> = kept.iter().map(|column| width(head[*column], *column, rows)).collect();
    let heads: Vec<_> = kept.iter().map(|column| head[*column].to_owned()).collect();
    let rule: Vec<_> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut lines = vec![line(&heads, &widths), line(&rule, &widths)];
    for row in rows {
        let cells: Vec<_> = kept.iter().map(|column| cell(&row[*column])).collect();
        lines.push(line(&cells, &widths));
    }
    lines.join("\n")
}

/// A text as code.
pub(crate) fn code(text: &str) -> String {
    match text {
        "" => String::new(),
        text if text.contains('`') => format!("`` {text} ``"),
        text => format!("`{text}`"),
    }
}

/// Several texts as code.
pub(crate) fn codes<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    texts.into_iter().map(|text| code(text)).collect::<Vec<_>>().join(", ")
}

/// What a cell says of something that no case tests.
pub(crate) fn not_tested(reason: Option<&str>) -> String {
    reason.map_or(String::new(), |reason| format!(" Not in the conformance suite: {reason}"))
}

fn width(head: &str, column: usize, rows: &[Vec<String>]) -> usize {
    let cells = rows.iter().map(|row| cell(&row[column]).chars().count());
    cells.filter(|width| *width <= WIDEST).chain([head.chars().count(), 3]).max().unwrap_or(3)
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let cells = cells.iter().zip(widths).map(|(cell, width)| format!("| {cell:width$} "));
    cells.collect::<String>() + "|"
}

/// A text in one line, in which bars do not end the cell.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_empty_ones_left_out() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["a", "", "one | two"]), row(["abcd", "", "three"])];
        let wanted =
            "| x    | meaning    |\n| ---- | ---------- |\n| a    | one \\| two |\n| abcd | three      |";
        assert_eq!(table(&["x", "y", "meaning"], &rows), wanted);
    }

    #[test]
    fn a_long_cell_does_not_widen_the_others() {
        let rows = [vec!["a".repeat(60)], vec!["b".into()]];
        let text = table(&["x"], &rows);
        assert_eq!(text.lines().last(), Some("| b   |"));
    }

    #[test]
    fn code_may_hold_backticks() {
        assert_eq!(code("a`b"), "`` a`b ``");
    }
}
