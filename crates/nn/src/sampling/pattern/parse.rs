//! Reading a regular expression, in the syntax of JavaScript.

/// What a pattern says.
pub(super) enum Node {
    /// One symbol.
    Symbol(Class),
    /// One after the other.
    All(Vec<Node>),
    /// One of them.
    Any(Vec<Node>),
    /// At least so often, and at most, if there is a most.
    Repeat(Box<Node>, usize, Option<usize>),
}

/// Which symbols may stand in a place.
#[derive(Clone, Default)]
pub(super) struct Class {
    is_negated: bool,
    /// From and to, both included.
    ranges: Vec<(char, char)>,
    /// Classes within the class, as in `[\d_]`.
    classes: Vec<Class>,
}

/// Deepest parentheses: reading and building go down with them.
const DEEPEST: usize = 100;
/// Most repetitions that `{m,n}` may ask for.
const MOST_REPEATS: usize = 1000;

/// JavaScript's `\s`, all of it.
const SPACES: [(char, char); 10] = [
    ('\t', '\r'),
    (' ', ' '),
    ('\u{a0}', '\u{a0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{2000}', '\u{200a}'),
    ('\u{2028}', '\u{2029}'),
    ('\u{202f}', '\u{202f}'),
    ('\u{205f}', '\u{205f}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{feff}', '\u{feff}'),
];
/// What `.` leaves out.
const LINE_ENDS: [(char, char); 3] = [('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')];

impl Class {
    fn of(ranges: &[(char, char)], is_negated: bool) -> Self {
        Self {
            is_negated,
            ranges: ranges.to_vec(),
            classes: Vec::new(),
        }
    }

    /// Its first symbol, as it names them; none of one that names what it has not.
    pub fn lowest(&self) -> Option<char> {
        if self.is_negated {
            return None;
        }
        let own = self.ranges.iter().map(|&(from, _)| from);
        own.chain(self.classes.iter().filter_map(Self::lowest))
            .min()
    }

    pub fn has(&self, symbol: char) -> bool {
        let is_named = self
            .ranges
            .iter()
            .any(|&(first, last)| first <= symbol && symbol <= last)
            || self.classes.iter().any(|class| class.has(symbol));
        is_named != self.is_negated
    }
}

/// What the pattern should have been, to go on from "must be a regular expression".
type Parsed<T> = Result<T, &'static str>;

/// Reads the whole of a pattern. `^` at its beginning and `$` at its end say what is so anyway.
pub(super) fn parse(pattern: &str) -> Parsed<Node> {
    let mut parser = Parser {
        symbols: pattern.chars().collect(),
        at: 0,
    };
    let node = parser.alternatives(0)?;
    match parser.peek() {
        None => Ok(node),
        Some(_) => Err("with a \"(\" for each \")\""),
    }
}

struct Parser {
    symbols: Vec<char>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.symbols.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let symbol = self.peek()?;
        self.at += 1;
        Some(symbol)
    }

    fn eat(&mut self, symbol: char) -> bool {
        let is_there = self.peek() == Some(symbol);
        self.at += usize::from(is_there);
        is_there
    }

    fn alternatives(&mut self, depth: usize) -> Parsed<Node> {
        let mut branches = vec![self.sequence(depth)?];
        while self.eat('|') {
            branches.push(self.sequence(depth)?);
        }
        Ok(Node::Any(branches))
    }

    fn sequence(&mut self, depth: usize) -> Parsed<Node> {
        let mut parts = Vec::new();
        if depth == 0 {
            self.eat('^');
        }
        while let Some(symbol) = self.peek() {
            if symbol == '|' || symbol == ')' {
                break;
            }
            let is_last = matches!(self.symbols.get(self.at + 1), None | Some('|'));
            if depth == 0 && is_last && self.eat('$') {
                break;
            }
            let atom = self.atom(depth)?;
            parts.push(self.repeated(atom)?);
        }
        Ok(Node::All(parts))
    }

    fn atom(&mut self, depth: usize) -> Parsed<Node> {
        let class = match self.next().unwrap_or_default() {
            '(' => return self.group(depth),
            '[' => self.class()?,
            '\\' => self.escape()?,
            '.' => Class::of(&LINE_ENDS, true),
            '^' | '$' => return Err("with ^ and $ at its ends alone"),
            '*' | '+' | '?' | '{' => {
                return Err("with something to repeat before each *, +, ? and {m,n}");
            }
            symbol => Class::of(&[(symbol, symbol)], false),
        };
        Ok(Node::Symbol(class))
    }

    fn group(&mut self, depth: usize) -> Parsed<Node> {
        if depth == DEEPEST {
            return Err("with fewer parentheses within each other");
        }
        if self.eat('?') {
            match self.next() {
                Some(':') => {}
                Some('=' | '!') => return Err("without lookahead, (?= and (?!"),
                Some('<') if matches!(self.peek(), Some('=' | '!')) => {
                    return Err("without lookbehind, (?<= and (?<!");
                }
                // A name says nothing, since nothing refers to it.
                Some('<') => while self.next().is_some_and(|symbol| symbol != '>') {},
                _ => return Err("without groups that set flags"),
            }
        }
        let node = self.alternatives(depth + 1)?;
        if self.eat(')') {
            return Ok(node);
        }
        Err("with a \")\" for each \"(\"")
    }

    /// What follows an atom and says how often it comes. Lazy or not, the same texts match.
    fn repeated(&mut self, atom: Node) -> Parsed<Node> {
        let (least, most) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.at += 1;
                self.bounds()?
            }
            _ => return Ok(atom),
        };
        // The last symbol of the quantifier.
        self.at += 1;
        self.eat('?');
        Ok(Node::Repeat(Box::new(atom), least, most))
    }

    /// `m}`, `m,}` or `m,n}`, but for the last symbol.
    fn bounds(&mut self) -> Parsed<(usize, Option<usize>)> {
        const WANTED: &str =
            "with {m}, {m,} or {m,n}, m up to n and n up to 1000, or \\{ for the symbol";
        let least = self.number().ok_or(WANTED)?;
        let most = if self.eat(',') {
            self.number()
        } else {
            Some(least)
        };
        let is_fine = most.is_none_or(|most| least <= most && most <= MOST_REPEATS);
        if is_fine && least <= MOST_REPEATS && self.peek() == Some('}') {
            return Ok((least, most));
        }
        Err(WANTED)
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(digit) = self.peek().and_then(|symbol| symbol.to_digit(10)) {
            self.at += 1;
            number = Some((number.unwrap_or(0) * 10 + digit as usize).min(MOST_REPEATS + 1));
        }
        number
    }

    /// What follows `[`.
    fn class(&mut self) -> Parsed<Class> {
        const UNENDED: &str = "with a \"]\" for each \"[\"";
        let mut class = Class {
            is_negated: self.eat('^'),
            ..Class::default()
        };
        while !self.eat(']') {
            let item = self.class_item().ok_or(UNENDED)??;
            let is_range = self.peek() == Some('-')
                && self
                    .symbols
                    .get(self.at + 1)
                    .is_some_and(|&symbol| symbol != ']');
            if !is_range {
                class.classes.push(item);
                continue;
            }
            self.at += 1;
            let end = self.class_item().ok_or(UNENDED)??;
            let (Some(first), Some(last)) = (item.only(), end.only()) else {
                return Err("with ranges such as a-z from one symbol to another");
            };
            if first > last {
                return Err("with ranges such as a-z from the lower symbol to the higher");
            }
            class.ranges.push((first, last));
        }
        Ok(class)
    }

    fn class_item(&mut self) -> Option<Parsed<Class>> {
        Some(match self.next()? {
            '\\' => self.escape(),
            symbol => Ok(Class::of(&[(symbol, symbol)], false)),
        })
    }

    /// What follows `\`.
    fn escape(&mut self) -> Parsed<Class> {
        let letter = self.next().ok_or("with something after each \\")?;
        let symbol = match letter {
            'd' | 'D' => return Ok(Class::of(&[('0', '9')], letter == 'D')),
            'w' | 'W' => {
                let ranges = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
                return Ok(Class::of(&ranges, letter == 'W'));
            }
            's' | 'S' => return Ok(Class::of(&SPACES, letter == 'S')),
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'f' => '\u{c}',
            'v' => '\u{b}',
            '0' => '\0',
            'x' => self.code(2)?,
            'u' if self.eat('{') => {
                let code = self.code(6)?;
                if !self.eat('}') {
                    return Err(NO_CODE);
                }
                code
            }
            'u' => self.code(4)?,
            'b' | 'B' => return Err("without word boundaries, \\b and \\B"),
            '1'..='9' | 'k' => return Err("without references to groups, such as \\1"),
            'p' | 'P' => return Err("without classes of Unicode, \\p and \\P"),
            letter if letter.is_ascii_alphanumeric() => {
                return Err(
                    "without escapes but \\d \\D \\w \\W \\s \\S \\n \\r \\t \\f \\v \\0 \\xhh \\uhhhh \\u{h} and those of signs",
                );
            }
            sign => sign,
        };
        Ok(Class::of(&[(symbol, symbol)], false))
    }

    /// A symbol by its number: up to so many hexadecimal digits.
    fn code(&mut self, most: usize) -> Parsed<char> {
        let mut code = None;
        for _ in 0..most {
            let Some(digit) = self.peek().and_then(|symbol| symbol.to_digit(16)) else {
                break;
            };
            self.at += 1;
            code = Some(code.unwrap_or(0) * 16 + digit);
        }
        code.and_then(char::from_u32).ok_or(NO_CODE)
    }
}

const NO_CODE: &str = "with the number of a symbol after each \\x and \\u, and \\u{h} beyond FFFF";

impl Class {
    /// The symbol of a class that names a single one.
    fn only(&self) -> Option<char> {
        match self.ranges[..] {
            [(first, last)] if first == last && !self.is_negated => Some(first),
            _ => None,
        }
    }
}
