//! What a file was called where it came from.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest name, in bytes: what file systems take.
const MAX_BYTES: usize = 255;

/// The longest ending that is kept when a name is cut, in bytes, with its dot.
const MAX_ENDING: usize = 16;

/// The name of a file for people to read and to save it under: at most 255 bytes, without folders,
/// control characters and signs that change the direction of what is around them. Nothing here is
/// ever opened by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 1))]
pub struct FileName(String);

/// A text of which no file name is left when it is cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a file name")]
pub struct InvalidFileName;

impl FileName {
    /// Makes a name of what a sender wrote; none if nothing is left of it. Cleaning a clean name
    /// changes nothing.
    #[must_use]
    pub fn clean(text: &str) -> Option<Self> {
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let kept: String = last.chars().filter(|sign| !is_hidden(*sign)).collect();
        let cut = cut(trim(&kept));
        let name = trim(&cut);
        (!name.is_empty()).then(|| Self(name.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Without white space around it, and without the dots that some systems hide files by or drop.
fn trim(text: &str) -> &str {
    text.trim_matches(|sign: char| sign.is_whitespace() || sign == '.')
}

/// Controls, line separators, and signs without width or of direction.
fn is_hidden(sign: char) -> bool {
    sign.is_control()
        || matches!(sign, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// As much of a long name as fits, with its ending.
fn cut(name: &str) -> String {
    if name.len() <= MAX_BYTES {
        return name.to_owned();
    }
    let ending = name.rfind('.').map_or("", |dot| &name[dot..]).trim_end();
    let ending = if ending.len() <= MAX_ENDING {
        ending
    } else {
        ""
    };
    let stem = name.floor_char_boundary(MAX_BYTES - ending.len());
    format!("{}{ending}", &name[..stem])
}

impl TryFrom<String> for FileName {
    type Error = InvalidFileName;

    fn try_from(text: String) -> Result<Self, InvalidFileName> {
        Self::clean(&text).ok_or(InvalidFileName)
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str) -> Option<String> {
        FileName::clean(text).map(String::from)
    }

    #[test]
    fn a_name_is_what_is_behind_the_last_folder_without_what_cannot_be_seen() {
        for (text, name) in [
            ("holiday.mp4", Some("holiday.mp4")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\Users\\me\\a b.pdf", Some("a b.pdf")),
            ("a\0b\r\nc.txt", Some("abc.txt")),
            ("\u{202e}gnp.exe", Some("gnp.exe")),
            ("  .bashrc. ", Some("bashrc")),
            ("\";filename=x", Some("\";filename=x")),
            ("Résumé 履歴.pdf", Some("Résumé 履歴.pdf")),
            ("con", Some("con")),
            ("", None),
            ("..", None),
            ("a/", None),
            ("\u{200b}\u{feff}", None),
        ] {
            assert_eq!(clean(text).as_deref(), name, "{text:?}");
        }
    }

    #[test]
    fn a_long_name_is_cut_and_keeps_its_ending() {
        let long = clean(&format!("{}.tar.gz", "é".repeat(300))).unwrap();
        assert_eq!((long.len(), long.ends_with("é.gz")), (255, true));
        let odd = clean(&format!("a.{}", "x".repeat(300))).unwrap();
        assert_eq!(odd.len(), 255);
        assert_eq!(clean(&" .".repeat(1_000)), None);
    }

    #[test]
    fn what_was_cleaned_is_clean() {
        for text in [
            format!("{} . x", "y".repeat(253)),
            format!("{}.", "é".repeat(200)),
            format!("x{}{}", " ".repeat(300), ".pdf"),
            "a .. \u{200b}..b".to_owned(),
        ] {
            let once = clean(&text).unwrap();
            assert_eq!(clean(&once).as_ref(), Some(&once), "{text:?}");
        }
        assert!(FileName::try_from("..".to_owned()).is_err());
    }
}
