//! From what a pattern says to its places and what follows what.

use super::parse::{Class, Node};
use super::set::{MOST_PLACES, Set};

/// Places, without what the alphabet makes of them.
pub(super) struct Automaton {
    /// What each place takes; of the places from 1 on.
    pub classes: Vec<Class>,
    /// Of each place those that may come next; 0 is the start.
    pub follow: Vec<Set>,
    /// The places behind which the pattern may end.
    pub last: Set,
}

/// A part of a pattern: whether the empty text matches it, and which places begin and end the texts that do.
struct Part {
    is_nullable: bool,
    first: Set,
    last: Set,
}

impl Automaton {
    /// None for one of too many places.
    pub fn new(node: Node) -> Option<Self> {
        let mut automaton = Self {
            classes: Vec::new(),
            follow: vec![Set::default()],
            last: Set::default(),
        };
        let whole = automaton.build(&node)?;
        automaton.follow[0] = whole.first;
        automaton.last = whole.last;
        if whole.is_nullable {
            automaton.last.insert(0);
        }
        Some(automaton)
    }

    fn build(&mut self, node: &Node) -> Option<Part> {
        match node {
            Node::Symbol(class) => self.place(class),
            Node::All(nodes) => {
                let mut whole = Part::empty();
                for node in nodes {
                    let part = self.build(node)?;
                    whole = self.join(whole, part);
                }
                Some(whole)
            }
            Node::Any(nodes) => {
                let mut whole = Part {
                    is_nullable: false,
                    ..Part::empty()
                };
                for node in nodes {
                    let part = self.build(node)?;
                    whole.is_nullable |= part.is_nullable;
                    whole.first.add(&part.first);
                    whole.last.add(&part.last);
                }
                Some(whole)
            }
            Node::Repeat(node, least, most) => self.repeat(node, *least, *most),
        }
    }

    fn place(&mut self, class: &Class) -> Option<Part> {
        let place = self.follow.len();
        if place == MOST_PLACES {
            return None;
        }
        self.classes.push(class.clone());
        self.follow.push(Set::default());
        let only: Set = [place].into_iter().collect();
        Some(Part {
            is_nullable: false,
            first: only,
            last: only,
        })
    }

    /// `x{2,4}` becomes x x x? x?, and `x{2,}` x x+.
    fn repeat(&mut self, node: &Node, least: usize, most: Option<usize>) -> Option<Part> {
        let mut whole = Part::empty();
        let copies = most.unwrap_or(least.max(1));
        for copy in 0..copies {
            let mut part = self.build(node)?;
            if part.first.is_empty() {
                // However often, it is the empty text, or matches nothing.
                part.is_nullable |= least == 0;
                return Some(part);
            }
            part.is_nullable |= copy >= least;
            if most.is_none() && copy + 1 == copies {
                self.link(&part.last, &part.first);
            }
            whole = self.join(whole, part);
        }
        Some(whole)
    }

    fn join(&mut self, before: Part, after: Part) -> Part {
        self.link(&before.last, &after.first);
        let (mut first, mut last) = (before.first, after.last);
        if before.is_nullable {
            first.add(&after.first);
        }
        if after.is_nullable {
            last.add(&before.last);
        }
        let is_nullable = before.is_nullable && after.is_nullable;
        Part {
            is_nullable,
            first,
            last,
        }
    }

    fn link(&mut self, from: &Set, to: &Set) {
        for place in from.iter() {
            self.follow[place].add(to);
        }
    }
}

impl Part {
    fn empty() -> Self {
        Self {
            is_nullable: true,
            first: Set::default(),
            last: Set::default(),
        }
    }
}
