//! Diagrams of bytes in plain text.

/// Bytes of one line of a grid.
const ACROSS: usize = 8;

/// Columns of a line of boxes.
const COLUMNS: usize = 100;

/// Something that stands in the bytes.
pub(crate) struct Part {
    pub name: String,
    /// Its bytes, if they never vary.
    pub width: Option<usize>,
}

/// Parts of fixed widths, as boxes over lines of eight bytes.
pub(crate) fn grid(parts: &[Part]) -> String {
    let lines = lines(parts);
    let chunks = lines.iter().flatten();
    let column = chunks.map(|(name, bytes)| (name.chars().count() + 3).div_ceil(*bytes)).chain([6]).max();
    let column = column.unwrap_or(6);
    let numbers: String = (0..ACROSS).map(|byte| format!("{byte:^column$}")).collect();
    let mut text = format!("     {}\n", numbers.trim_end());
    let mut above = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let edges = edges(line, column);
        text += &rule(&above, &edges);
        text += &format!("{:3} |", number * ACROSS);
        for (name, bytes) in line {
            text += &format!(" {name:width$}|", width = bytes * column - 2);
        }
        text.push('\n');
        above = edges;
    }
    text += &rule(&above, &[]);
    text.trim_end().to_owned()
}

/// Parts of any width, as boxes with their widths.
pub(crate) fn row(parts: &[Part]) -> String {
    let labels = parts.iter().map(|part| match part.width {
        Some(width) => format!(" {} {width} |", part.name),
        None => format!(" {} .. |", part.name),
    });
    let mut text = vec!["|".to_owned()];
    for label in labels {
        let full = text.last().is_some_and(|line| line.len() + label.len() > COLUMNS);
        if full {
            text.push("|".into());
        }
        if let Some(line) = text.last_mut() {
            line.push_str(&label);
        }
    }
    let boxed = text.iter().map(|line| {
        let edge: String = line.chars().map(|char| if char == '|' { '+' } else { '-' }).collect();
        format!("{edge}\n{line}\n{edge}")
    });
    boxed.collect::<Vec<_>>().join("\n")
}

/// The parts by line; one that goes on in the next line is named in both.
fn lines(parts: &[Part]) -> Vec<Vec<(String, usize)>> {
    let mut lines: Vec<Vec<(String, usize)>> = vec![Vec::new()];
    let mut room = ACROSS;
    for part in parts {
        let mut left = part.width.unwrap_or(1);
        let mut name = part.name.clone();
        while left > 0 {
            if room == 0 {
                lines.push(Vec::new());
                room = ACROSS;
            }
            let bytes = left.min(room);
            if let Some(line) = lines.last_mut() {
                line.push((name.clone(), bytes));
            }
            left -= bytes;
            room -= bytes;
            name = format!("{} ..", part.name);
        }
    }
    lines
}

/// The columns at which a line has edges.
fn edges(line: &[(String, usize)], column: usize) -> Vec<usize> {
    let mut at = 0;
    let mut edges = vec![0];
    for (_, bytes) in line {
        at += bytes * column;
        edges.push(at);
    }
    edges
}

/// The rule between two lines.
fn rule(above: &[usize], below: &[usize]) -> String {
    let last = above.iter().chain(below).max().copied().unwrap_or(0);
    let marks = (0..=last).map(|at| if above.contains(&at) || below.contains(&at) { '+' } else { '-' });
    format!("    {}\n", marks.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, width: Option<usize>) -> Part {
        Part { name: name.into(), width }
    }

    #[test]
    fn a_grid_has_one_box_a_field_and_line() {
        let parts = [part("kind", Some(2)), part("hash", Some(8)), part("tail", Some(6))];
        let wanted = "
       0     1     2     3     4     5     6     7
    +-----------+-----------------------------------+
  0 | kind      | hash                              |
    +-----------+-----------------------------------+
  8 | hash ..   | tail                              |
    +-----------+-----------------------------------+";
        assert_eq!(grid(&parts), wanted[1..]);
    }

    #[test]
    fn a_row_tells_widths() {
        let parts = [part("kind", Some(2)), part("text", None)];
        assert_eq!(row(&parts), "+--------+---------+\n| kind 2 | text .. |\n+--------+---------+");
    }
}
