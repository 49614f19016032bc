//! Revocations: the greatest floor of each issuer, known everywhere for ever.

use crate::kit::{Bench, Net, entity, revoked};
use net_channel::{Drop, Event};

#[test]
fn the_greatest_floor_counts_and_no_smaller_one_takes_it_back() {
    let mut bench = Bench::new();
    let (one, two) = (bench.neighbour(1), bench.neighbour(2));
    bench.give(one, &revoked(9, 3));
    assert_eq!(bench.events(), [Event::Revoked { issuer: entity(9), floor: 3 }]);
    assert_eq!(bench.said(two), [revoked(9, 3)]);
    bench.give(two, &revoked(9, 2));
    bench.give(two, &revoked(9, 3));
    assert_eq!((bench.directory.floor(&entity(9)), bench.dropped(Drop::Old)), (Some(3), 2));
    bench.give(two, &revoked(9, 7));
    assert_eq!(bench.directory.floor(&entity(9)), Some(7));
    assert_eq!(bench.said(one), [revoked(9, 7)]);
}

#[test]
fn nobody_revokes_for_another() {
    let mut bench = Bench::new();
    let one = bench.neighbour(1);
    let mut forged = revoked(9, 3);
    forged[1 + 48] = 4;
    bench.give(one, &forged);
    assert_eq!((bench.directory.floor(&entity(9)), bench.dropped(Drop::Forged)), (None, 1));
    assert!(bench.directory.learn_revocation(bench.at, &forged[1..]).is_err());
    assert!(bench.directory.learn_revocation(bench.at, &revoked(9, 3)[1..]).is_ok());
    assert_eq!(bench.directory.floor(&entity(9)), Some(3));
}

#[test]
fn it_reaches_all_and_those_that_join_later() {
    let mut net = Net::new(5);
    (1..5).for_each(|at| net.link(at - 1, at));
    net.settle();
    let kept = net.nodes[0].revoke(net.at, 4).unwrap();
    net.settle();
    let floors = |net: &Net| net.nodes.iter().map(|node| node.floor(&entity(0))).collect::<Vec<_>>();
    assert_eq!(floors(&net), [Some(4); 5]);
    net.add();
    net.link(5, 2);
    net.settle();
    assert_eq!(floors(&net), [Some(4); 6]);
    net.add();
    net.nodes[6].learn_revocation(net.at, &kept).unwrap();
    assert_eq!(
        net.nodes[6].revocation(&entity(0)),
        Some(&kept[..]),
        "kept by whoever trusts it, over a restart"
    );
}

#[test]
fn two_halves_agree_on_the_greatest() {
    let mut net = Net::new(4);
    net.link(0, 1);
    net.link(2, 3);
    net.settle();
    for (at, floor) in [(0, 2), (3, 5)] {
        let bytes = &revoked(9, floor)[1..];
        net.nodes[at].learn_revocation(net.at, bytes).unwrap();
    }
    net.settle();
    net.link(1, 2);
    net.settle();
    assert!(net.nodes.iter().all(|node| node.floor(&entity(9)) == Some(5)));
}
