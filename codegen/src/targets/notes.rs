//! What the documentation of a function says besides its doc, where that follows from other keys of the spec.

use crate::ir::{Doc, Lang, Method};

/// The doc of a function, what it needs, and what it means in a language that it blocks.
pub(crate) fn doc(method: &Method, lang: Lang) -> Doc {
    let mut text = method.doc.text.trim_end().to_owned();
    if let Some(feature) = &method.feature {
        text += &format!("\n\nWithout the feature `{feature}` it answers `unsupported`.");
    }
    if method.blocks {
        text += &format!("\n\n{}", blocks(lang));
    }
    Doc { text }
}

fn blocks(lang: Lang) -> &'static str {
    match lang {
        Lang::Ts => "It may wait for the disk or work for long, and the event loop stands still meanwhile.",
        Lang::Python => "It may wait for the disk or work for long; other threads run meanwhile.",
        Lang::Go => "It may wait for the disk or work for long; other goroutines run meanwhile.",
        Lang::C => "It may wait for the disk or work for long, on the calling thread.",
        Lang::Rust => {
            "It may wait for the disk or work for long: a task calls it where it may block, as in `spawn_blocking`."
        }
    }
}

/// The example of a function, as lines of its documentation; none if there is none.
pub(crate) fn example(method: &Method, lang: Lang) -> Vec<String> {
    let Some(example) = method.examples.get(&lang) else { return Vec::new() };
    let code = example.lines();
    let (head, code, end): (&[&str], Vec<String>, &[&str]) = match lang {
        Lang::Ts => (&["", "@example", "```ts"], code.map(str::to_owned).collect(), &["```"]),
        Lang::Python => (&["", "Example:", ""], code.map(|line| format!("    {line}")).collect(), &[]),
        Lang::Go => (&["", "Example:", ""], code.map(|line| format!("\t{line}")).collect(), &[]),
        Lang::C => (&["", "```c"], code.map(str::to_owned).collect(), &["```"]),
        Lang::Rust => (&["", "# Examples", "", "```ignore"], code.map(str::to_owned).collect(), &["```"]),
    };
    let code = code.into_iter().map(|line| line.trim_end().to_owned());
    let [head, end] = [head, end].map(|lines| lines.iter().map(|line| (*line).to_owned()));
    head.chain(code).chain(end).collect()
}
