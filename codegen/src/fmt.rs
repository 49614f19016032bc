//! The canonical form of a spec file: aligned keys, one blank line between tables, no trailing blanks.

/// Formats the text of a file.
pub fn format(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut block: Vec<(String, String)> = Vec::new();
    let mut open = Open::Nothing;
    for line in text.lines() {
        let line = line.trim_end();
        if open != Open::Nothing {
            flush(&mut block, &mut out);
            out.push(line.to_owned());
            open = open.after(line);
            continue;
        }
        match key_and_value(line) {
            Some((key, value)) => {
                open = Open::of(value);
                block.push((key.to_owned(), value.to_owned()));
            }
            None => {
                flush(&mut block, &mut out);
                let is_table = line.starts_with('[');
                let after_blank = out.last().is_none_or(String::is_empty);
                if (line.is_empty() && after_blank) || (is_table && !after_blank && !is_comment(out.last())) {
                    if line.is_empty() {
                        continue;
                    }
                    out.push(String::new());
                }
                out.push(line.to_owned());
            }
        }
    }
    flush(&mut block, &mut out);
    out.join("\n").trim_end().to_owned() + "\n"
}

/// A value that goes on over the next lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Text,
    List,
}

impl Open {
    fn of(value: &str) -> Self {
        if value.matches("\"\"\"").count() == 1 {
            Self::Text
        } else if value == "[" {
            Self::List
        } else {
            Self::Nothing
        }
    }

    fn after(self, line: &str) -> Self {
        let ends = match self {
            Self::Nothing => true,
            Self::Text => line.contains("\"\"\""),
            Self::List => line == "]",
        };
        if ends { Self::Nothing } else { self }
    }
}

fn key_and_value(line: &str) -> Option<(&str, &str)> {
    if line.starts_with(['#', '[']) {
        return None;
    }
    let (key, value) = line.split_once('=')?;
    Some((key.trim(), value.trim()))
}

fn is_comment(line: Option<&String>) -> bool {
    line.is_some_and(|line| line.starts_with('#'))
}

fn flush(block: &mut Vec<(String, String)>, out: &mut Vec<String>) {
    let width = block.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    out.extend(block.drain(..).map(|(key, value)| format!("{key:width$} = {value}")));
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn keys_of_a_block_are_aligned() {
        assert_eq!(format("[a]\nx=1\nlonger   =  \"a = b\"  \n"), "[a]\nx      = 1\nlonger = \"a = b\"\n");
    }

    #[test]
    fn a_table_stands_behind_one_blank_line() {
        assert_eq!(format("\n\n[a]\nx = 1\n\n\n\n[b]\ny = 2\n[c]\n"), "[a]\nx = 1\n\n[b]\ny = 2\n\n[c]\n");
    }

    #[test]
    fn texts_and_lists_over_several_lines_stay_as_they_are() {
        let text = "doc = \"\"\"\na = 1\n   b=2\n\"\"\"\nfields = [\n  { at =  2 },\n]\n";
        assert!(format(text).contains("a = 1\n   b=2\n"));
        assert!(format(text).contains("  { at =  2 },\n]\n"));
    }

    #[test]
    fn formatting_twice_changes_nothing() {
        let once = format("a=1\n[x]\nb  =2\n# why\n[y]\n");
        assert_eq!(format(&once), once);
    }
}
