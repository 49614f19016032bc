//! Which of its routes a destination uses.

use crate::{
    Link,
    link::Links,
    table::{Entry, Route},
};

/// How a route compares: not over a suspected neighbour, then the smaller sum, then the lower place.
type Rank = (bool, u32, Link);

/// The best feasible route that does not go to a neighbour that is to be avoided.
pub(crate) fn best(entry: &Entry, links: &Links, avoid: Option<Link>) -> Option<Rank> {
    let usable = entry.routes.iter().filter(|route| Some(route.link) != avoid && entry.is_feasible(route));
    usable.filter_map(|route| rank(route, links)).min()
}

/// The route to use: the one in use, unless it is lost or another costs less than four fifths of it.
pub(crate) fn choose(entry: &Entry, links: &Links) -> Option<Link> {
    let best = best(entry, links, None)?;
    let current = entry.selected.and_then(|link| entry.route(link));
    let current = current.filter(|route| entry.is_feasible(route)).and_then(|route| rank(route, links));
    let stays = current.filter(|current| current.0 == best.0 && !is_clearly_less(best.1, current.1));
    Some(stays.unwrap_or(best).2)
}

/// The sum of the costs over a neighbour.
pub(crate) fn total(entry: &Entry, links: &Links, link: Link) -> Option<u32> {
    Some(rank(entry.route(link)?, links)?.1)
}

/// Whether there are routes and none may be used, or none but over neighbours that have fallen silent while others are heard.
pub(crate) fn is_starved(entry: &Entry, links: &Links) -> bool {
    match entry.selected {
        None => !entry.routes.is_empty(),
        Some(selected) => {
            links.is_suspected(selected)
                && entry
                    .routes
                    .iter()
                    .any(|route| !entry.is_feasible(route) && !links.is_suspected(route.link))
        }
    }
}

/// Whether a route that may not be used would be clearly better than the one in use.
pub(crate) fn has_better_infeasible(entry: &Entry, links: &Links) -> bool {
    let Some(current) = entry.selected.and_then(|link| total(entry, links, link)) else { return false };
    let infeasible = entry.routes.iter().filter(|route| !entry.is_feasible(route));
    let mut ranks = infeasible.filter_map(|route| rank(route, links));
    ranks.any(|(is_suspected, total, _)| !is_suspected && is_clearly_less(total, current))
}

fn is_clearly_less(one: u32, other: u32) -> bool {
    u64::from(one) * 5 < u64::from(other) * 4
}

fn rank(route: &Route, links: &Links) -> Option<Rank> {
    let neighbour = links.get(route.link)?;
    Some((neighbour.is_suspected, route.metric.saturating_add(neighbour.cost()), route.link))
}
