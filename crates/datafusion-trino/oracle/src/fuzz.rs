//! Differential fuzzing: statements generated from a grammar, asked of both engines; one that differs is cut
//! down to what it
//! takes to differ.

mod grammar;
mod tree;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use datafusion::prelude::SessionContext;

use crate::{Comparison, KnownDifferences, Options, Oracle, Order, Outcome, difference, judge, local};
use tree::{Dice, Node};

/// How many differences end the run; the rest would say the same.
const ENOUGH: usize = 40;
/// How many smaller statements are tried for one difference.
const TRIES: usize = 400;

/// Generates and compares.
pub async fn run(oracle: &mut Oracle, options: &Options) -> Comparison {
    let known = KnownDifferences::read().expect("the list can be read");
    let mut found = Comparison {
        title: "generated statements".to_owned(),
        about: format!(
            "{} forms of expressions and statements, nested at random; seed {}",
            grammar::forms(),
            options.seed
        ),
        ..Comparison::default()
    };
    let mut fuzzer = Fuzzer { oracle, context: local::session(), known: &known };
    let (mut dice, began) = (Dice::new(options.seed), Instant::now());
    let mut printed = BTreeSet::new();
    for case in 0.. {
        let is_over = match options.seconds {
            Some(seconds) => began.elapsed() > Duration::from_secs(seconds),
            None => case >= options.cases,
        };
        if is_over || found.differences.len() >= ENOUGH {
            break;
        }
        let statement = Node::random("statement", &mut dice, 1 + case as usize % 5);
        let (trino, ours) = fuzzer.ask(&statement).await;
        if fuzzer.is_new(&statement, &trino, &ours) {
            let smaller = fuzzer.smallest(statement).await;
            let text = smaller.sql();
            if printed.insert(text.clone()) {
                let (trino, ours) = fuzzer.ask(&smaller).await;
                judge(&mut found, &known, &text, &trino, &ours, order(&text), options.all);
            }
            continue;
        }
        let text = statement.sql();
        judge(&mut found, &known, &text, &trino, &ours, order(&text), options.all);
    }
    found
}

fn order(sql: &str) -> Order {
    if sql.ends_with("ORDER BY 1") || sql.ends_with("DESC") { Order::Total } else { Order::Any }
}

struct Fuzzer<'a> {
    oracle: &'a mut Oracle,
    context: SessionContext,
    known: &'a KnownDifferences,
}

impl Fuzzer<'_> {
    async fn ask(&mut self, statement: &Node) -> (Outcome, Outcome) {
        let sql = format!("{}{}", grammar::TABLE, statement.sql());
        let trino = self.oracle.ask(&sql, "default", Some(local::NOW)).expect("Trino runs");
        let ours = local::ask(&self.context, &sql, local::NOW).await;
        (trino, ours)
    }

    fn is_new(&self, statement: &Node, trino: &Outcome, ours: &Outcome) -> bool {
        let sql = statement.sql();
        difference(trino, ours, order(&sql))
            .is_some_and(|difference| self.known.reason(&sql, &difference).is_none())
    }

    /// The smallest statement, made by leaving out parts of this one, that still differs.
    async fn smallest(&mut self, statement: Node) -> Node {
        let (mut best, mut tries) = (statement, 0);
        'smaller: loop {
            for candidate in best.smaller() {
                tries += 1;
                if tries > TRIES {
                    return best;
                }
                let (trino, ours) = self.ask(&candidate).await;
                if self.is_new(&candidate, &trino, &ours) {
                    best = candidate;
                    continue 'smaller;
                }
            }
            return best;
        }
    }
}
