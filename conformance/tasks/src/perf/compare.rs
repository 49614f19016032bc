//! What has changed since an earlier run.

use super::figures::short;
use super::report::Report;

/// Prints what is faster or slower than before by more than the rounds spread, and what is new or gone.
pub(crate) fn print(before: &Report, after: &Report) {
    println!("\ncompared with the earlier run");
    let mut steady = 0;
    for row in &after.benchmarks {
        let old = before.benchmarks.iter().find(|old| old.call == row.call);
        for cell in &row.cells {
            let what = format!("{} {}", cell.party, row.name());
            match old.and_then(|old| old.cell(&cell.party)) {
                Some(old) if cell.method.differs(&old.method) => {
                    println!("{}", change(&what, old.method.nanos, cell.method.nanos, "ns"));
                }
                Some(_) => steady += 1,
                None => println!("  new      {what:<44}{:>10} ns", short(cell.method.nanos)),
            }
        }
    }
    for new in &after.footprints {
        let language = &new.language;
        let Some(old) = before.footprints.iter().find(|old| old.language == *language) else { continue };
        for (part, unit, old, new) in
            [("import", "ms", old.import, new.import), ("idle memory", "MiB", old.memory, new.memory)]
        {
            const NOISE: f64 = 0.1;
            if (new / old - 1.0).abs() > NOISE {
                println!("{}", change(&format!("{language} {part}"), old, new, unit));
            }
        }
    }
    println!("  {steady} figures are as they were");
}

fn change(what: &str, old: f64, new: f64, unit: &str) -> String {
    let word = if new < old { "faster" } else { "SLOWER" };
    let percent = (new / old - 1.0) * 100.0;
    format!("  {word:<8} {what:<44}{:>10} {unit} before, {} now, {percent:+.0} %", short(old), short(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_says_how_much() {
        let line = change("go emit", 200.0, 100.0, "ns");
        assert!(line.contains("faster") && line.contains("200 ns before, 100 now, -50 %"), "{line}");
        assert!(change("go emit", 100.0, 200.0, "ns").contains("SLOWER"));
    }
}
