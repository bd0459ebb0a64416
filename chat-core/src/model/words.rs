//! The words of a text, for the search: the same on every backend.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// How many words of a text are searched for or found.
const MAX_WORDS: usize = 1_000;

/// How much of a word counts, in characters.
const MAX_CHARS: usize = 64;

/// So many words are compared with each other, which costs less than to hash them.
const FEW: usize = 32;

/// The words of `text`, each once, in the order of their first use: runs of letters and digits, in
/// lower case, without accents and compatibility forms (Unicode NFKD). Where words are written
/// without spaces, in Chinese and Japanese, each character is a word.
///
/// At most 1,000 words; of a word the first 64 characters count.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words = Words::default();
    match text.is_ascii() {
        true => words.read_ascii(text),
        false => words.read(text),
    }
    words.found
}

/// Whether a text has all of these [`words`].
pub(crate) fn has_words(text: &str, asked: &[String]) -> bool {
    // Whatever has no more runs than words that count needs no look at which of them are the same.
    if !text.is_ascii() || ascii_runs(text).count() > MAX_WORDS {
        let words = words(text);
        return asked.iter().all(|word| words.contains(word));
    }
    let is = |run: &str, word: &str| run[..run.len().min(MAX_CHARS)].eq_ignore_ascii_case(word);
    asked
        .iter()
        .all(|word| ascii_runs(text).any(|run| is(run, word)))
}

/// Runs of letters and digits.
fn ascii_runs(text: &str) -> impl Iterator<Item = &str> {
    let runs = text.split(|sign: char| !sign.is_ascii_alphanumeric());
    runs.filter(|run| !run.is_empty())
}

/// A sigma has another form at the end of a word, which is no other letter.
const fn without_form(sign: char) -> char {
    match sign {
        'ς' => 'σ',
        sign => sign,
    }
}

/// Letters in circles and squares that have no plain form: symbols, which stand for nothing to be read.
const fn is_letter_like(sign: char) -> bool {
    matches!(sign, '\u{1f150}'..='\u{1f189}')
}

/// Ideographs and kana.
const fn stands_alone(sign: char) -> bool {
    matches!(sign, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

#[derive(Default)]
struct Words {
    word: String,
    found: Vec<String>,
    /// Those of `found` behind the first [`FEW`].
    many: HashSet<String>,
}

impl Words {
    fn read(&mut self, text: &str) {
        let plain = text.nfkd().filter(|sign| !is_combining_mark(*sign));
        for sign in plain.flat_map(char::to_lowercase).map(without_form) {
            if stands_alone(sign) {
                self.end();
                self.word.push(sign);
                self.end();
            } else if sign.is_alphanumeric() && !is_letter_like(sign) {
                self.word.push(sign);
            } else {
                self.end();
            }
        }
        self.end();
    }

    /// The same for what has neither accents nor forms: most of what most people write.
    fn read_ascii(&mut self, text: &str) {
        for run in ascii_runs(text) {
            self.word.push_str(run);
            self.word.make_ascii_lowercase();
            self.end();
        }
    }

    fn end(&mut self) {
        if !self.word.is_empty() && self.found.len() < MAX_WORDS {
            let over = self.word.char_indices().nth(MAX_CHARS);
            self.word
                .truncate(over.map_or(self.word.len(), |(at, _)| at));
            if !self.has_word() {
                self.found.push(self.word.clone());
            }
        }
        self.word.clear();
    }

    /// Whether the word was found before, and counts as found from now on.
    fn has_word(&mut self) -> bool {
        let few = &self.found[..self.found.len().min(FEW)];
        few.contains(&self.word) || few.len() == FEW && !self.many.insert(self.word.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_letters_and_digits_without_case_and_accents() {
        assert_eq!(
            words("Crème BRÛLÉE, crème! x2 — don't"),
            ["creme", "brulee", "x2", "don", "t"]
        );
        assert_eq!(words("Straße ﬁn ＡＢＣ"), ["straße", "fin", "abc"]);
        assert_eq!(
            words("東京 タワーtea"),
            ["東", "京", "タ", "ワ", "ー", "tea"]
        );
        assert!(words(" \"*% _ -\u{301}").is_empty());
        assert_eq!(words("ΟΔΟΣ οδός"), ["οδοσ"]);
        assert_eq!(words("no🅱le 🅰"), ["no", "le"]);
    }

    #[test]
    fn words_of_ascii_are_those_of_any_text() {
        let text = "Don't say  \"ABC-abc\" x2 X2\t_under_ \u{0} 0";
        let mut slowly = Words::default();
        slowly.read(text);
        assert_eq!(words(text), slowly.found);
        assert_eq!(words(text), ["don", "t", "say", "abc", "x2", "under", "0"]);
    }

    #[test]
    fn words_are_bounded_in_number_and_length() {
        let many: String = (0..5_000).map(|n| format!("w{n} ")).collect();
        assert_eq!(words(&many).len(), MAX_WORDS);
        assert_eq!(words(&many.repeat(2)), words(&many));
        assert_eq!(words(&"x".repeat(9_999)), ["x".repeat(MAX_CHARS)]);
    }

    #[test]
    fn a_text_has_the_words_that_it_is_found_by_and_no_others() {
        let many: String = (0..5_000).map(|n| format!("w{n} ")).collect();
        for text in [
            "Don't say ABC",
            "Crème brûlée",
            "x".repeat(99).as_str(),
            &many,
            "",
        ] {
            let words = words(text);
            assert!(has_words(text, &words), "{text}");
            for other in ["ab", "abcd", "creme b", "w1000", &"x".repeat(65)] {
                let asked = [other.to_owned()];
                assert_eq!(
                    has_words(text, &asked),
                    words.contains(&asked[0]),
                    "{other}"
                );
            }
        }
    }
}
