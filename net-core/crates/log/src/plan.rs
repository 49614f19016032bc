//! What a repair does about damage.

use crate::{Damage, Part};

/// What is done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// The damaged copy of the head is written anew from the whole one.
    CopyHead,
    /// The head is made from what the segments tell.
    RebuildHead,
    /// The segment is kept aside and written anew, with gaps.
    RewriteSegment,
    /// The index is made from its segment.
    RebuildIndex,
}

/// What a repair does with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mend {
    /// The file in the log's directory.
    pub file: String,
    /// What is done with it.
    pub action: Action,
    /// Numbers that become gaps: the first and the last of each range.
    pub gaps: Vec<(u64, u64)>,
}

impl Action {
    /// What is done about damage of a part.
    const fn about(part: Part) -> Self {
        match part {
            Part::HeadCopy => Self::CopyHead,
            Part::Head => Self::RebuildHead,
            Part::Segment => Self::RewriteSegment,
            Part::Index => Self::RebuildIndex,
        }
    }
}

/// What is to be done about damages, once for each file, in the order in which it is done.
pub(crate) fn plan(damages: &[Damage]) -> Vec<Mend> {
    let mut mends: Vec<Mend> = Vec::new();
    let mut sorted: Vec<&Damage> = damages.iter().collect();
    sorted.sort_by_key(|damage| (Action::about(damage.part), &damage.file));
    for damage in sorted {
        let action = Action::about(damage.part);
        let mend = match mends.last_mut() {
            Some(last) if last.action == action && last.file == damage.file => last,
            _ => {
                mends.push(Mend { file: damage.file.clone(), action, gaps: Vec::new() });
                mends.last_mut().expect("it was added")
            }
        };
        if damage.costs_records() {
            mend.gaps.push((damage.first, damage.last));
        }
    }
    mends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn damage(part: Part, file: &str, (first, last): (u64, u64)) -> Damage {
        Damage { file: file.to_owned(), part, offset: 0, first, last, reason: "any" }
    }

    #[test]
    fn each_file_is_mended_once_and_the_head_first() {
        let none = (1, 0);
        let damages = [
            damage(Part::Segment, "b.seg", (7, 9)),
            damage(Part::Index, "b.idx", none),
            damage(Part::Segment, "a.seg", none),
            damage(Part::Segment, "b.seg", (12, 12)),
            damage(Part::HeadCopy, "head", none),
        ];
        let mend = |file: &str, action, gaps| Mend { file: file.to_owned(), action, gaps };
        assert_eq!(
            plan(&damages),
            [
                mend("head", Action::CopyHead, vec![]),
                mend("a.seg", Action::RewriteSegment, vec![]),
                mend("b.seg", Action::RewriteSegment, vec![(7, 9), (12, 12)]),
                mend("b.idx", Action::RebuildIndex, vec![]),
            ]
        );
        assert_eq!(plan(&[]), []);
    }
}
