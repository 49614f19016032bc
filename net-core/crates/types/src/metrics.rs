//! The text format of Prometheus, version 0.0.4.

use std::fmt::{Display, Write as _};

/// A text that metrics are written to, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Text(String);

impl Text {
    /// Begins a metric.
    pub(crate) fn head(&mut self, name: &str, kind: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// Adds a value of the metric that was begun last.
    pub(crate) fn line(&mut self, name: &str, labels: &[(&str, String)], value: impl Display) {
        let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels: Vec<_> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    /// The whole text.
    pub(crate) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_end_a_line_or_a_label_is_escaped() {
        let mut text = Text::default();
        text.head("a_total", "counter", "One \\ two\nthree.");
        text.line("a_total", &[("b", "x\"y\\z\n".into()), ("c", "7".into())], 1);
        text.line("a_total", &[], u64::MAX);
        let want = "# HELP a_total One \\\\ two\\nthree.\n# TYPE a_total counter\n\
                    a_total{b=\"x\\\"y\\\\z\\n\",c=\"7\"} 1\na_total 18446744073709551615\n";
        assert_eq!(text.finish(), want);
    }
}
