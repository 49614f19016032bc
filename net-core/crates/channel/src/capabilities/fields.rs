//! Fields of the parts of capabilities, and their texts in tags.

use super::{Accelerator, Gpu, Hardware, Limits, Model, Software, Tool};

/// Something with fields, each of which has a key.
pub(super) trait Part {
    /// The keys and the fields.
    fn fields(&mut self) -> Vec<(&'static str, Field<'_>)>;
}

/// A field.
pub(super) enum Field<'a> {
    /// A number, left out if it is 0.
    Number(&'a mut u64),
    /// A text, left out if it is empty.
    Text(&'a mut String),
    /// A text that is always written; whether it was read.
    Name(&'a mut String),
    /// Texts, left out if there is none.
    List(&'a mut Vec<String>),
    /// Left out if it does not hold.
    Flag(&'a mut bool),
    /// Written whether it holds or not.
    Stated(&'a mut bool),
}

impl Field<'_> {
    /// What is written of it, if anything is.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Number(number) => (**number > 0).then(|| number.to_string()),
            Self::Text(text) => (!text.is_empty()).then(|| (**text).clone()),
            Self::Name(text) => Some((**text).clone()),
            Self::List(items) => (!items.is_empty())
                .then(|| items.iter().map(|item| written(item)).collect::<Vec<_>>().join(",")),
            Self::Flag(holds) => holds.then(|| "true".to_owned()),
            Self::Stated(holds) => Some(holds.to_string()),
        }
    }

    /// Takes what was written, unless it says something already, or that is not of its kind.
    pub(super) fn set(&mut self, text: &str) -> bool {
        match self {
            Self::Number(number) => {
                let read = text.parse().ok().filter(|read| *read > 0 && **number == 0);
                read.map(|read| **number = read).is_some()
            }
            Self::Text(field) | Self::Name(field) => {
                let is_read = field.is_empty();
                if is_read {
                    **field = text.to_owned();
                }
                is_read
            }
            Self::List(items) => {
                let read: Option<Vec<_>> = text.split(',').map(read).collect();
                let read = read.filter(|_| items.is_empty() && !text.is_empty());
                read.map(|read| **items = read).is_some()
            }
            Self::Flag(holds) => {
                let is_read = text == "true" && !**holds;
                **holds |= is_read;
                is_read
            }
            Self::Stated(holds) => match text {
                "true" if !**holds => {
                    **holds = true;
                    true
                }
                _ => text == "false",
            },
        }
    }
}

/// An item of a list; one sign stands for the empty one.
fn written(item: &str) -> String {
    if item.is_empty() { "%".to_owned() } else { escape(item, &[',']) }
}

fn read(item: &str) -> Option<String> {
    match item {
        "" => None,
        "%" => Some(String::new()),
        _ => unescape(item),
    }
}

/// Percent-encodes these signs and the percent sign.
pub(super) fn escape(text: &str, signs: &[char]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        if sign == '%' || signs.contains(&sign) {
            escaped.push_str(&format!("%{:02X}", sign as u32));
        } else {
            escaped.push(sign);
        }
    }
    escaped
}

/// The text that was percent-encoded; nothing if something behind a percent sign is no pair of hex digits, or names no sign.
pub(super) fn unescape(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = u8::from_str_radix(part.get(..2)?, 16).ok().filter(u8::is_ascii)?;
        plain.push(char::from(code));
        plain.push_str(&part[2..]);
    }
    Some(plain)
}

impl Part for Hardware {
    fn fields(&mut self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("cpu_cores", Field::Number(&mut self.cpu_cores)),
            ("cpu_threads", Field::Number(&mut self.cpu_threads)),
            ("memory_gb", Field::Number(&mut self.memory_gb)),
            ("storage_gb", Field::Number(&mut self.storage_gb)),
            ("network_gbps", Field::Number(&mut self.network_gbps)),
        ]
    }
}

impl Part for Gpu {
    fn fields(&mut self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("vendor", Field::Text(&mut self.vendor)),
            ("model", Field::Text(&mut self.model)),
            ("vram_gb", Field::Number(&mut self.vram_gb)),
            ("compute_units", Field::Number(&mut self.compute_units)),
            ("tensor_cores", Field::Number(&mut self.tensor_cores)),
            ("fp16_tflops_x10", Field::Number(&mut self.fp16_tflops_x10)),
        ]
    }
}

impl Part for Accelerator {
    fn fields(&mut self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("kind", Field::Text(&mut self.kind)),
            ("model", Field::Text(&mut self.model)),
            ("memory_gb", Field::Number(&mut self.memory_gb)),
            ("tops_x10", Field::Number(&mut self.tops_x10)),
        ]
    }
}

impl Part for Software {
    fn fields(&mut self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("os", Field::Text(&mut self.os)),
            ("os_version", Field::Text(&mut self.os_version)),
            ("cuda_version", Field::Text(&mut self.cuda_version)),
        ]
    }
}

impl Part for Model {
    fn fields(&mut self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("id", Field::Name(&mut self.id)),
            ("family", Field::Text(&mut self.family)),
            ("parameters_b_x10", Field::Number(&mut self.parameters_b_x10)),
            ("context_length", Field::Number(&mut self.context_length)),
            ("quantization", Field::Text(&mut self.quantization)),
            ("modalities", Field::List(&mut self.modalities)),
            ("tokens_per_sec", Field::Number(&mut self.tokens_per_sec)),
            ("loaded", Field::Flag(&mut self.loaded)),
        ]
    }
}

impl Part for Tool {
    fn fields(&mut self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("tool_id", Field::Text(&mut self.id)),
            ("name", Field::Text(&mut self.name)),
            ("version", Field::Text(&mut self.version)),
            ("requires", Field::List(&mut self.requires)),
            ("estimated_time_ms", Field::Number(&mut self.estimated_time_ms)),
            ("stateless", Field::Stated(&mut self.stateless)),
        ]
    }
}

impl Part for Limits {
    fn fields(&mut self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("max_concurrent_requests", Field::Number(&mut self.max_concurrent_requests)),
            ("max_tokens_per_request", Field::Number(&mut self.max_tokens_per_request)),
            ("rate_limit_rpm", Field::Number(&mut self.rate_limit_rpm)),
            ("max_batch_size", Field::Number(&mut self.max_batch_size)),
            ("max_input_bytes", Field::Number(&mut self.max_input_bytes)),
            ("max_output_bytes", Field::Number(&mut self.max_output_bytes)),
        ]
    }
}
