//! Many directories: what is announced reaches all of them, and links carry it no more often than they have to.

use crate::kit::{Dice, EPOCH, Net, node};
use std::time::Duration;

/// A connected random graph in which nodes have so many links on average.
fn random_net(nodes: usize, degree: usize, dice: &mut Dice) -> (Net, Vec<(usize, usize)>) {
    let mut net = Net::new(nodes);
    let mut edges: Vec<_> = (1..nodes).map(|at| (dice.below(at), at)).collect();
    while edges.len() < nodes * degree / 2 {
        let (one, other) = (dice.below(nodes), dice.below(nodes));
        if one != other && !edges.contains(&(one.min(other), one.max(other))) {
            edges.push((one.min(other), one.max(other)));
        }
    }
    edges.iter().for_each(|(one, other)| net.link(*one, *other));
    (net, edges)
}

#[test]
fn reaches_all_of_a_thousand_nodes_with_two_sends_a_link_at_most() {
    let mut dice = Dice(6);
    let (mut net, edges) = random_net(1_000, 6, &mut dice);
    net.settle();
    net.announce(0, &["gpu"]);
    net.settle();
    assert_eq!(net.knowing(0, "gpu"), 1_000);
    let sends: Vec<_> = edges.iter().map(|edge| net.sends.get(edge).copied().unwrap_or(0)).collect();
    assert!(sends.iter().all(|sends| *sends <= 2), "{:?}", sends.iter().max());
    net.announce(0, &["tpu"]);
    net.settle();
    assert_eq!((net.knowing(0, "tpu"), net.knowing(0, "gpu")), (1_000, 0));
}

#[test]
fn a_node_that_joins_late_learns_all_and_what_it_brings_is_learned() {
    let mut dice = Dice(7);
    let (mut net, _) = random_net(40, 4, &mut dice);
    net.settle();
    (0..40).for_each(|at| net.announce(at, &["here"]));
    net.settle();
    (0..40).for_each(|at| assert_eq!(net.knowing(at, "here"), 40));
    net.add();
    net.announce(40, &["late"]);
    net.link(40, 3);
    net.settle();
    assert_eq!(net.knowing(40, "late"), 41);
    (0..40).for_each(|at| assert_eq!(net.knowing(at, "here"), 41));
    assert_eq!(net.sends[&(3, 40)], 41, "each once over the new link");
    net.link(40, 17);
    let settled: u64 = net.sends.values().sum();
    net.settle();
    assert_eq!(
        net.sends.values().sum::<u64>(),
        settled,
        "a link between two that know the same carries nothing"
    );
}

#[test]
fn two_halves_that_were_apart_agree_again() {
    let mut net = Net::new(4);
    [(0, 1), (1, 2), (2, 3)].iter().for_each(|(one, other)| net.link(*one, *other));
    net.settle();
    (0..4).for_each(|at| net.announce(at, &["before"]));
    net.settle();
    net.cut(1, 2);
    net.announce(0, &["left"]);
    net.announce(3, &["right"]);
    net.nodes[2].withdraw(net.at);
    net.settle();
    assert_eq!((net.knowing(0, "left"), net.knowing(3, "right"), net.knowing(2, "before")), (2, 2, 2));
    net.link(1, 2);
    net.settle();
    assert_eq!((net.knowing(0, "left"), net.knowing(3, "right"), net.knowing(2, "before")), (4, 4, 0));
}

#[test]
fn a_node_that_restarts_is_believed_at_once_also_with_its_clock_set_back() {
    let mut net = Net::new(3);
    [(0, 1), (1, 2)].iter().for_each(|(one, other)| net.link(*one, *other));
    net.announce(0, &["first"]);
    net.settle();
    for (epoch, tag) in [(EPOCH + 1, "later"), (EPOCH - 1_000, "set back")] {
        net.restart(0, epoch);
        net.announce(0, &[tag]);
        net.settle();
        net.pass(Duration::from_secs(1));
        assert_eq!(net.knowing(0, tag), 3, "{tag}");
    }
}

#[test]
fn what_nobody_renews_is_gone_everywhere_and_what_is_renewed_stays() {
    let mut net = Net::new(3);
    [(0, 1), (1, 2)].iter().for_each(|(one, other)| net.link(*one, *other));
    (0..3).for_each(|at| net.announce(at, &["here"]));
    net.settle();
    net.cut(0, 1);
    net.pass(Duration::from_secs(400));
    assert!(net.nodes[1].index().get(node(0)).is_none() && net.nodes[2].index().get(node(0)).is_none());
    assert!(net.nodes[1].index().get(node(2)).is_some() && net.nodes[0].index().len() == 1);
}

#[test]
fn a_flood_of_an_origins_news_is_thinned_and_the_last_arrives() {
    let mut net = Net::new(3);
    [(0, 1), (1, 2)].iter().for_each(|(one, other)| net.link(*one, *other));
    net.settle();
    for at in 0..50 {
        net.announce(0, &[&format!("number {at}")]);
        net.settle();
    }
    assert_eq!(net.knowing(0, "number 3"), 3, "four at once");
    net.pass(Duration::from_secs(12));
    assert_eq!(net.knowing(0, "number 49"), 3);
    assert!(net.sends[&(1, 2)] <= 8, "{}", net.sends[&(1, 2)]);
}
