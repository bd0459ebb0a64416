//! Rust source with everything blanked that is not the program: enough of a lexer to look for paths.
//!
//! Blanking keeps every line and column in place, so that what is found can be reported where it stands.

/// The source without comments and literals.
pub(crate) fn without_text(source: &str) -> String {
    let mut blanker = Blanker {
        source: source.as_bytes(),
        code: Vec::with_capacity(source.len()),
    };
    while !blanker.rest().is_empty() {
        blanker.next_token();
    }
    into_string(&blanker.code)
}

/// The code without the items under `#[cfg(test)]`; takes what [`without_text`] gives.
pub(crate) fn without_tests(code: &str) -> String {
    let mut kept = code.as_bytes().to_vec();
    for marker in ["#[cfg(test)]", "#[cfg(all(test"] {
        for (start, _) in code.match_indices(marker) {
            let end = item_end(code.as_bytes(), start);
            blank(&mut kept[start..end]);
        }
    }
    into_string(&kept)
}

/// The ranges of the inline modules `mod name { .. }`; takes what [`without_text`] gives.
pub(crate) fn inline_modules(code: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = code.as_bytes();
    let starts = code
        .match_indices("mod ")
        .filter(|&(at, _)| is_word_start(bytes, at));
    starts
        .filter(|&(at, _)| {
            let name = code[at + 4..].trim_start_matches(is_word);
            name.trim_start().starts_with('{')
        })
        .map(|(at, _)| at..item_end(bytes, at))
        .collect()
}

/// Whether a word begins at this byte.
pub(crate) fn is_word_start(code: &[u8], at: usize) -> bool {
    at == 0 || !is_word(char::from(code[at - 1]))
}

/// Whether the character can be part of an identifier.
pub(crate) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Where the item that begins at `start` ends: after its block, or after its semicolon.
fn item_end(code: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.iter().enumerate().skip(start) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && *byte == b'}' {
                    return at + 1;
                }
            }
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

fn blank(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

fn into_string(code: &[u8]) -> String {
    String::from_utf8_lossy(code).into_owned()
}

/// Copies source to code, token by token; `code` is always as long as what was read.
#[derive(Debug)]
struct Blanker<'a> {
    source: &'a [u8],
    code: Vec<u8>,
}

impl<'a> Blanker<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.source[self.code.len()..]
    }

    fn next_token(&mut self) {
        let rest = self.rest();
        let text = match rest {
            [b'/', b'/', ..] => line_comment(rest),
            [b'/', b'*', ..] => block_comment(rest),
            [b'"', ..] => string(rest),
            [b'\'', ..] => character(rest),
            [b'r' | b'b' | b'c', ..] if is_word_start(self.source, self.code.len()) => {
                raw_string(rest)
            }
            _ => 0,
        };
        let start = self.code.len();
        self.code.extend_from_slice(&rest[..text.max(1)]);
        if text > 0 {
            blank(&mut self.code[start..]);
        }
    }
}

fn line_comment(rest: &[u8]) -> usize {
    rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())
}

fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    rest.len()
}

fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a character literal; 0 for a lifetime.
fn character(rest: &[u8]) -> usize {
    // The longest literal is '\u{10FFFF}'.
    let end = |from: usize| {
        let window = rest.get(from..rest.len().min(from + 10))?;
        window
            .iter()
            .position(|&b| b == b'\'')
            .map(|at| from + at + 1)
    };
    match rest.get(1) {
        Some(b'\\') => end(3).unwrap_or(0),
        Some(first) => match rest.get(1 + utf8_length(*first)) {
            Some(b'\'') => 2 + utf8_length(*first),
            _ => 0,
        },
        None => 0,
    }
}

fn utf8_length(first: u8) -> usize {
    match first.leading_ones() {
        0 => 1,
        ones => ones as usize,
    }
}

/// The length of a raw string with its prefix (`r`, `br`, `cr`); 0 for anything else.
fn raw_string(rest: &[u8]) -> usize {
    let prefix = match rest {
        [b'r', ..] => 1,
        [b'b' | b'c', b'r', ..] => 2,
        _ => return 0,
    };
    let hashes = rest[prefix..].iter().take_while(|&&b| b == b'#').count();
    let open = prefix + hashes;
    if rest.get(open) != Some(&b'"') {
        return 0;
    }
    let close = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
    let body = &rest[open + 1..];
    let end = body.windows(close.len()).position(|window| window == close);
    end.map_or(rest.len(), |at| open + 1 + at + close.len())
}

#[cfg(test)]
mod tests {
    use super::{inline_modules, without_tests, without_text};

    #[test]
    fn comments_and_literals_go_and_code_stays_in_place() {
        for (source, code) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"a "b \" c" d"#, "a          d"),
            (r###"a r#"b " c"# d"###, "a            d"),
            ("a 'b' '\\'' 'é' c", "a               c"),
            ("&'a str", "&'a str"),
            ("r#type bar \"x\"", "r#type bar    "),
            ("'\\u{1F600}' x", "            x"),
        ] {
            assert_eq!(without_text(source), code, "{source}");
            assert_eq!(without_text(source).len(), source.len(), "{source}");
        }
    }

    #[test]
    fn unfinished_text_ends_with_the_file() {
        for source in ["/* a", "\"a", "r#\"a", "'", "'\\", "b", "//", "\"\\"] {
            assert!(without_text(source).len() >= source.len() - 1, "{source}");
        }
    }

    #[test]
    fn test_items_go() {
        let code = "a\n#[cfg(test)]\n#[expect(b(c))]\nmod tests {\n fn d() {}\n}\ne";

        let kept = without_tests(code);

        assert_eq!(kept.split_whitespace().collect::<Vec<_>>(), ["a", "e"]);
        assert_eq!(kept.lines().count(), code.lines().count());
        assert_eq!(without_tests("#[cfg(test)] use a::b; c").trim(), "c");
    }

    #[test]
    fn inline_modules_are_found_and_declared_ones_are_not() {
        let code = "mod a; pub mod b { mod c { } } fn d() {}";

        let found = inline_modules(code);

        let found: Vec<_> = found.into_iter().map(|range| &code[range]).collect();
        assert_eq!(found, ["mod b { mod c { } }", "mod c { }"]);
    }
}
