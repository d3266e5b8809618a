//! Trees of a grammar: made at random, written as SQL, cut down.

use super::grammar;

/// Numbers that only their seed decides.
pub struct Dice(u64);

impl Dice {
    /// Dice with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % below.max(1) as u64) as usize
    }
}

/// One form of the grammar with what stands in its gaps.
#[derive(Clone, Debug)]
pub struct Node {
    kind: &'static str,
    form: &'static str,
    parts: Vec<Node>,
}

impl Node {
    /// A tree of a kind, at most so deep as far as its kinds have leaves.
    pub fn random(kind: &'static str, dice: &mut Dice, depth: usize) -> Self {
        let grammar::Rule { leaves, forms } = grammar::of(kind);
        let is_leaf = forms.is_empty() || !leaves.is_empty() && (depth == 0 || dice.roll(5) == 0);
        let form = if is_leaf { leaves[dice.roll(leaves.len())] } else { forms[dice.roll(forms.len())] };
        let parts = grammar::gaps(form).map(|gap| Self::random(gap, dice, depth.saturating_sub(1))).collect();
        Self { kind, form, parts }
    }

    /// The tree as SQL.
    pub fn sql(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(Self::sql).collect();
        grammar::filled(self.form, &parts)
    }

    fn size(&self) -> usize {
        1 + self.parts.iter().map(Self::size).sum::<usize>()
    }

    /// Trees with one part replaced by something smaller, the smallest first.
    pub fn smaller(&self) -> Vec<Self> {
        let mut found = self.replacements();
        for (at, part) in self.parts.iter().enumerate() {
            found.extend(part.smaller().into_iter().map(|part| {
                let mut whole = self.clone();
                whole.parts[at] = part;
                whole
            }));
        }
        found.sort_by_key(Self::size);
        found
    }

    fn replacements(&self) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        self.same_kind(self.kind, &mut found);
        if !self.parts.is_empty() {
            let leaves = grammar::of(self.kind).leaves.iter();
            found.extend(leaves.take(4).map(|form| Self { kind: self.kind, form, parts: Vec::new() }));
        }
        found
    }

    /// Parts, however deep, that could stand in this place.
    fn same_kind(&self, kind: &str, found: &mut Vec<Self>) {
        for part in &self.parts {
            if part.kind == kind {
                found.push(part.clone());
            }
            part.same_kind(kind, found);
        }
    }
}
