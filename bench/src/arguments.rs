//! The command line: words, and options with a value each.

use std::error::Error;
use std::str::FromStr;

use crate::Failure;

/// The options behind a sub-command.
#[derive(Debug)]
pub(crate) struct Options<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Options<'a> {
    /// Reads `--name value` pairs.
    ///
    /// # Errors
    /// For an option that is not among `known`, and one without a value.
    pub(crate) fn read(words: &[&'a str], known: &[&str]) -> Result<Self, Failure> {
        let mut options = Vec::new();
        for pair in words.chunks(2) {
            match *pair {
                [name, value] if known.contains(&name) => options.push((name, value)),
                [name, _] => return Err(format!("{name} is none of {known:?}").into()),
                _ => return Err(format!("{pair:?} has no value").into()),
            }
        }
        Ok(Self(options))
    }

    /// The last value of an option.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        let mut named = self.0.iter().rev().filter(|(known, _)| *known == name);
        named.next().map(|(_, value)| *value)
    }

    /// The value of an option as a number, or `default`.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn number<N>(&self, name: &str, default: N) -> Result<N, Failure>
    where
        N: FromStr,
        N::Err: Error + Send + Sync + 'static,
    {
        self.text(name)
            .map_or(Ok(default), |value| Ok(value.parse()?))
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn options_are_read_by_name() {
        let known = ["--rooms", "--store"];
        let options = Options::read(&["--rooms", "3"], &known).unwrap();

        assert_eq!(options.number("--rooms", 1).unwrap(), 3);
        assert_eq!(options.text("--store"), None);
        for wrong in [&["--room", "3"][..], &["--rooms"]] {
            assert!(Options::read(wrong, &known).is_err(), "{wrong:?}");
        }
        let options = Options::read(&["--rooms", "many"], &known).unwrap();
        assert!(options.number("--rooms", 1).is_err());
    }
}
