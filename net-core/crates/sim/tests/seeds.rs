//! A run follows from its seed.

use net_sim::scenarios::{self, SCENARIOS};

#[test]
fn the_same_seed_twice_gives_the_same_trace_in_each_scenario() {
    for scenario in SCENARIOS {
        let nodes = scenario.nodes.min(8);
        let runs = [7, 7, 8].map(|seed| (scenario.run)(seed, nodes));
        for outcome in &runs {
            assert!(outcome.result.is_ok(), "{}: {:?}", scenario.name, outcome.result);
        }
        let [one, again, other] = runs.map(|outcome| outcome.fingerprint);
        assert_eq!(one, again, "{}", scenario.name);
        assert_ne!(one.1, other.1, "{}", scenario.name);
    }
}

#[test]
fn seeds_choose_every_scenario() {
    for scenario in SCENARIOS.iter().filter(|scenario| scenario.weight > 0) {
        assert!((0..300).any(|seed| scenarios::of_seed(seed).name == scenario.name), "{}", scenario.name);
    }
}
