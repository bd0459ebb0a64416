//! Reading what is written as a text, without keeping the text.

use std::fmt::{self, Display};
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Reads something from a text, which is not kept.
pub(crate) fn read_text<'de, D: Deserializer<'de>, T, E: Display>(
    input: D,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error> {
    input.deserialize_str(TextVisitor(read, PhantomData))
}

struct TextVisitor<F, T>(F, PhantomData<T>);

impl<T, E: Display, F: FnOnce(&str) -> Result<T, E>> Visitor<'_> for TextVisitor<F, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<X: Error>(self, text: &str) -> Result<T, X> {
        (self.0)(text).map_err(X::custom)
    }
}
