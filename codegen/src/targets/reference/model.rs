//! What the templates of the reference print: blocks of Markdown.

use super::lang::Site;
use super::table::{code, table};
use super::{errors, functions, layouts, types};
use crate::ir::{Api, Doc, Lang};

/// The title and path of each article.
const ARTICLES: [(&str, &str, &str); 5] = [
    ("Ownership", "ownership", "What a handle is, who owns bytes, and what closing does."),
    ("Async and cancellation", "async", "How a call completes later, and how it is given up."),
    ("Errors", "errors", "What an error carries in each language."),
    ("Threads", "threads", "From where objects may be used, and what the library starts."),
    ("Releases", "releases", "What may change in which version, and what has to fit what."),
];

pub(crate) struct PageModel {
    pub name: String,
    pub intro: Vec<String>,
    pub sections: Vec<SectionModel>,
}

pub(crate) struct SectionModel {
    pub title: String,
    pub blocks: Vec<String>,
    pub items: Vec<ItemModel>,
}

pub(crate) struct ItemModel {
    pub title: String,
    pub blocks: Vec<String>,
}

pub(crate) struct IndexModel {
    pub modules: String,
    pub articles: String,
    pub types: String,
}

/// Lowers a module.
pub(crate) fn page(api: &Api, module: usize) -> PageModel {
    let site = Site { api, module, object: None };
    let item = &api.modules[module];
    let sections = [
        section("Constants", types::constants(site), Vec::new()),
        section("Errors", errors::intro(item), errors::families(site)),
        section("Enums", Vec::new(), types::enums(site)),
        section("Flags", Vec::new(), types::flags(site)),
        section("Scalars", Vec::new(), types::scalars(site)),
        section("Unions", Vec::new(), types::unions(site)),
        section("Records", Vec::new(), types::records(site)),
        section("Layouts", layouts::intro(site), layouts::layouts(site)),
        section("Objects", functions::objects_intro(item), functions::objects(site)),
        section("Interfaces of the host", functions::hosts_intro(item), functions::hosts(site)),
        section("Functions", Vec::new(), functions::functions(site)),
        section("Metrics", types::metrics(site), Vec::new()),
    ];
    let sections: Vec<_> = sections.into_iter().flatten().collect();
    let links = sections.iter().map(|section| format!("[{}](#{})", section.title, anchor(&section.title)));
    let mut intro = doc(&item.doc);
    let mut facts = vec![format!("Since {}.", item.since)];
    if !item.uses.is_empty() {
        let uses = item.uses.iter().map(|name| format!("[{name}]({name}.md)")).collect::<Vec<_>>();
        facts.push(format!("Uses {}.", uses.join(", ")));
    }
    match item.feature.as_deref() {
        Some("conformance") => facts.push("Left out of published packages.".into()),
        Some(feature) => {
            facts.push(format!("Without the feature {} it answers `unsupported`.", code(feature)))
        }
        None => {}
    }
    intro.push(facts.join(" "));
    intro.push(links.collect::<Vec<_>>().join(" · "));
    PageModel { name: item.name.clone(), intro, sections }
}

/// Lowers the index.
pub(crate) fn index(api: &Api) -> IndexModel {
    let modules = api.modules.iter().map(|module| {
        let first = module.doc.lines().next().unwrap_or_default().to_owned();
        vec![format!("[{0}]({0}.md)", module.name), module.since.clone(), first]
    });
    let articles = ARTICLES
        .iter()
        .map(|(title, path, says)| vec![format!("[{title}](../articles/{path}.md)"), (*says).to_owned()]);
    IndexModel {
        modules: table(&["module", "since", "what it is for"], &modules.collect::<Vec<_>>()),
        articles: table(&["article", "what it says"], &articles.collect::<Vec<_>>()),
        types: types::built_in(),
    }
}

/// The paragraphs of a doc.
pub(crate) fn doc(doc: &Doc) -> Vec<String> {
    let lines: Vec<_> = doc.lines().collect();
    lines.split(|line| line.is_empty()).map(|lines| lines.join("\n")).collect()
}

/// A link to an article.
pub(crate) fn article(path: &str) -> String {
    let title = ARTICLES.iter().find(|article| article.1 == path).map_or(path, |article| article.0);
    format!("[{title}](../articles/{path}.md)")
}

/// The part of a link that leads to a heading.
pub(crate) fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|char| char.is_alphanumeric() || " -_".contains(*char));
    kept.map(|char| if char == ' ' { '-' } else { char.to_ascii_lowercase() }).collect()
}

/// The key of a language, for people.
pub(crate) fn language(lang: Lang) -> &'static str {
    match lang {
        Lang::Rust => "Rust",
        Lang::Ts => "TypeScript",
        Lang::Python => "Python",
        Lang::Go => "Go",
        Lang::C => "C",
    }
}

fn section(title: &str, blocks: Vec<String>, items: Vec<ItemModel>) -> Option<SectionModel> {
    let is_empty = items.is_empty() && (blocks.is_empty() || title == "Errors");
    (!is_empty).then(|| SectionModel { title: title.to_owned(), blocks, items })
}
