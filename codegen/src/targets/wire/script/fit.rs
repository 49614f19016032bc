//! Lines that are too long.

use super::Script;

/// Longest line of both languages' formatters.
const WIDTH: usize = 100;

impl Script {
    /// Breaks what is too long as the language's formatter does: a call whose last argument is a function.
    pub(super) fn fit(self, lines: Vec<String>) -> Vec<String> {
        lines.into_iter().flat_map(|line| self.fit_line(line)).collect()
    }

    fn fit_line(self, line: String) -> Vec<String> {
        let (outer, starts) = match self {
            Self::Ts => (2, ["(item) => ", "() => "]),
            Self::Python => (4, ["lambda item: ", "lambda: "]),
        };
        let function = starts.into_iter().find_map(|start| Some((line.find(start)?, start)));
        let Some((at, start)) = function.filter(|_| outer + line.len() > WIDTH) else { return vec![line] };
        let indent = " ".repeat(line.len() - line.trim_start().len());
        let end = line.trim_end_matches(';').len() - 1;
        match self {
            Self::Ts => vec![
                format!("{}{}", &line[..at], start.trim_end()),
                format!("{indent}  {},", &line[at + start.len()..end]),
                format!("{indent});"),
            ],
            Self::Python => {
                let open = line[..at].find('(').unwrap_or_default() + 1;
                let (head, args) = (&line[..open], &line[open..end]);
                let mut lines = vec![head.to_owned()];
                if outer + indent.len() + 4 + args.len() <= WIDTH {
                    lines.push(format!("{indent}    {args}"));
                } else {
                    let parts = line[open..at].trim_end_matches(", ").split(", ");
                    lines.extend(parts.map(|part| format!("{indent}    {part},")));
                    lines.push(format!("{indent}    {},", &line[at..end]));
                }
                lines.push(format!("{indent})"));
                lines
            }
        }
    }
}
