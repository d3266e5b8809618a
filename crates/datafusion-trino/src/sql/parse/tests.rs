//! How operators bind without parentheses: the parser against Trino's grammar (`booleanExpression` and
//! `valueExpression` of `SqlBase.g4`), over expressions that nothing but precedence decides.

use datafusion::sql::sqlparser::ast::{Expr, SelectItem, SetExpr, UnaryOperator};
use proptest::prelude::*;

use super::parse;

/// An expression with parentheses around every part, as this crate reads it; `None` if it is refused.
fn ours(text: &str) -> Option<String> {
    let parsed = parse(&format!("SELECT {text}")).ok()?;
    let SetExpr::Select(select) = parsed.query().body.as_ref() else { return None };
    match select.projection.as_slice() {
        [SelectItem::UnnamedExpr(expr)] => Some(shown(expr)),
        _ => None,
    }
}

fn shown(expr: &Expr) -> String {
    let not = |negated: &bool| if *negated { "NOT " } else { "" };
    match expr {
        Expr::BinaryOp { left, op, right } => format!("({} {op} {})", shown(left), shown(right)),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => format!("(NOT {})", shown(expr)),
        Expr::UnaryOp { op, expr } => format!("({op} {})", shown(expr)),
        Expr::AtTimeZone { timestamp, time_zone } => {
            format!("({} AT TIME ZONE {time_zone})", shown(timestamp))
        }
        Expr::IsNull(of) => format!("({} IS NULL)", shown(of)),
        Expr::IsNotNull(of) => format!("({} IS NOT NULL)", shown(of)),
        Expr::IsDistinctFrom(a, b) => format!("({} IS DISTINCT FROM {})", shown(a), shown(b)),
        Expr::IsNotDistinctFrom(a, b) => format!("({} IS NOT DISTINCT FROM {})", shown(a), shown(b)),
        Expr::Like { negated, expr, pattern, .. } => {
            format!("({} {}LIKE {})", shown(expr), not(negated), shown(pattern))
        }
        Expr::Between { expr, negated, low, high } => {
            format!("({} {}BETWEEN {} AND {})", shown(expr), not(negated), shown(low), shown(high))
        }
        Expr::InList { expr, negated, list } => {
            let list: Vec<_> = list.iter().map(shown).collect();
            format!("({} {}IN ({}))", shown(expr), not(negated), list.join(", "))
        }
        other => other.to_string(),
    }
}

/// Trino's grammar over words; each function reads what its rule says.
struct Grammar<'a> {
    words: &'a [&'a str],
    at: usize,
}

impl Grammar<'_> {
    /// The whole text as one expression.
    fn read(words: &[&str]) -> Option<String> {
        let mut grammar = Grammar { words, at: 0 };
        let read = grammar.boolean(0)?;
        (grammar.at == words.len()).then_some(read)
    }

    fn eat(&mut self, word: &str) -> bool {
        let eats = self.words.get(self.at) == Some(&word);
        self.at += usize::from(eats);
        eats
    }

    /// `NOT` binds more than `AND`, and this more than `OR`.
    fn boolean(&mut self, least: u8) -> Option<String> {
        let mut left =
            if self.eat("NOT") { format!("(NOT {})", self.boolean(3)?) } else { self.predicated()? };
        loop {
            left = if least <= 2 && self.eat("AND") {
                format!("({left} AND {})", self.boolean(3)?)
            } else if least <= 1 && self.eat("OR") {
                format!("({left} OR {})", self.boolean(2)?)
            } else {
                return Some(left);
            };
        }
    }

    /// One predicate at most.
    fn predicated(&mut self) -> Option<String> {
        let left = self.value(0)?;
        for op in ["=", "<>", "<", "<=", ">", ">="] {
            if self.eat(op) {
                return Some(format!("({left} {op} {})", self.value(0)?));
            }
        }
        if self.eat("IS") {
            let not = if self.eat("NOT") { "NOT " } else { "" };
            if self.eat("NULL") {
                return Some(format!("({left} IS {not}NULL)"));
            }
            return (self.eat("DISTINCT") && self.eat("FROM"))
                .then(|| self.value(0))?
                .map(|right| format!("({left} IS {not}DISTINCT FROM {right})"));
        }
        let before = self.at;
        let not = if self.eat("NOT") { "NOT " } else { "" };
        if self.eat("LIKE") {
            return Some(format!("({left} {not}LIKE {})", self.value(0)?));
        }
        if self.eat("BETWEEN") {
            let low = self.value(0)?;
            let high = self.eat("AND").then(|| self.value(0))??;
            return Some(format!("({left} {not}BETWEEN {low} AND {high})"));
        }
        if self.eat("IN") {
            let item = self.eat("(").then(|| self.boolean(0))??;
            return self.eat(")").then(|| format!("({left} {not}IN ({item}))"));
        }
        self.at = before;
        Some(left)
    }

    /// `AT TIME ZONE`, signs, `*`, `+`, `||`, in this order.
    fn value(&mut self, least: u8) -> Option<String> {
        let mut left = if self.eat("-") { format!("(- {})", self.value(5)?) } else { self.primary()? };
        loop {
            let levels: [(u8, &[&str]); 3] = [(3, &["*", "/", "%"]), (2, &["+", "-"]), (1, &["||"])];
            let mut found = None;
            if self.words[self.at..].starts_with(&["AT", "TIME", "ZONE", "'UTC'"]) {
                self.at += 4;
                left = format!("({left} AT TIME ZONE 'UTC')");
                continue;
            }
            for (level, ops) in levels {
                if least <= level
                    && let Some(op) = ops.iter().find(|op| self.words.get(self.at) == Some(op))
                {
                    found = Some((level, *op));
                }
            }
            let Some((level, op)) = found else { return Some(left) };
            self.at += 1;
            left = format!("({left} {op} {})", self.value(level + 1)?);
        }
    }

    fn primary(&mut self) -> Option<String> {
        let word = self.words.get(self.at).filter(|word| ["a", "b", "c", "d", "e"].contains(word))?;
        self.at += 1;
        Some((*word).to_owned())
    }
}

fn compare(text: &str) {
    let words: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(ours(text), Grammar::read(&words), "{text}");
}

#[test]
fn operators_bind_as_in_trinos_grammar() {
    for (text, expected) in [
        ("a IS DISTINCT FROM b AND c", Some("((a IS DISTINCT FROM b) AND c)")),
        ("a IS NOT DISTINCT FROM b || c OR d", Some("((a IS NOT DISTINCT FROM (b || c)) OR d)")),
        ("a IS DISTINCT FROM b = c", None),
        ("a || b + c * d", Some("(a || (b + (c * d)))")),
        ("a + b || c", Some("((a + b) || c)")),
        ("- a * b AT TIME ZONE 'UTC'", Some("((- a) * (b AT TIME ZONE 'UTC'))")),
        ("NOT a IS DISTINCT FROM b AND c", Some("((NOT (a IS DISTINCT FROM b)) AND c)")),
        ("NOT a = b OR NOT c AND d", Some("((NOT (a = b)) OR ((NOT c) AND d))")),
        ("a BETWEEN b AND c AND d", Some("((a BETWEEN b AND c) AND d)")),
        ("a NOT LIKE b || c OR d", Some("((a NOT LIKE (b || c)) OR d)")),
        ("a + NOT b", None),
        ("a = b = c", None),
        ("a = b IS NULL", None),
        ("a AND b = NOT c", None),
    ] {
        let words: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(Grammar::read(&words).as_deref(), expected, "Trino: {text}");
        assert_eq!(ours(text).as_deref(), expected, "ours: {text}");
    }
}

fn word() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("AND"),
        Just("OR"),
        Just("="),
        Just("<>"),
        Just("<"),
        Just(">="),
        Just("+"),
        Just("-"),
        Just("*"),
        Just("/"),
        Just("%"),
        Just("||"),
        Just("IS DISTINCT FROM"),
        Just("IS NOT DISTINCT FROM"),
        Just("LIKE"),
        Just("NOT LIKE"),
        Just("AT TIME ZONE 'UTC' ||"),
        Just("IS NULL AND"),
        Just("IS NOT NULL OR"),
        Just("IN ( a OR b ) AND"),
        Just("NOT IN ( a ) OR"),
        Just("BETWEEN a AND"),
        Just("NOT BETWEEN b + c AND"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn every_operator_beside_every_other(
        first in "(|NOT |- |NOT - )[abcde]",
        rest in prop::collection::vec((word(), "(|||||NOT |- )[abcde]", "(||||| IS NULL)"), 1..6),
    ) {
        let mut text = first;
        for (operator, operand, end) in rest {
            text = format!("{text} {operator} {operand}{end}");
        }
        compare(&text);
    }
}
