//! What the documentation of a function says besides its doc, where that follows from other keys of the spec.

use crate::ir::{Doc, Lang, Method};

/// The doc of a function, and what it means in a language that it blocks.
pub(crate) fn doc(method: &Method, lang: Lang) -> Doc {
    let text = method.doc.text.trim_end();
    Doc { text: if method.blocks { format!("{text}\n\n{}", blocks(lang)) } else { text.to_owned() } }
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
