//! The paths in `chat-core/src` against [`CORE_STACK`].
//!
//! Every `crate::` and every `super::` that reaches the crate's root is resolved to the top-level module it names.
//! `lib.rs` is exempt, being the list of the modules; so are tests, comments and documentation. What `lib.rs`
//! re-exports must be named by its module, or the order could not be seen.

use std::fs;
use std::path::Path;

use super::scan;
use super::table::{CORE, CORE_STACK, Stack};
use crate::error::Error;
use crate::workspace::{self, Workspace};

/// Checks every file of the core.
///
/// # Errors
/// [`Error::Violations`] after printing them, [`Error::File`] if a file cannot be read.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Error> {
    let folder = workspace.root.join(CORE).join("src");
    let files = workspace::rust_files(&folder)?;
    println!("{} files", files.len());
    let mut found = Vec::new();
    for path in files {
        let source = fs::read_to_string(&path).map_err(Error::file(&path))?;
        let inside = path.strip_prefix(&folder).unwrap_or(&path);
        let shown = Path::new(CORE).join("src").join(inside);
        for (line, problem) in violations(inside, &source, &CORE_STACK) {
            found.push(format!("{}:{line}: {problem}", shown.display()));
        }
    }
    super::conclude(&found)
}

/// The violations in one file, each with its line; `path` is relative to the crate's `src`.
fn violations(path: &Path, source: &str, stack: &Stack) -> Vec<(usize, String)> {
    let place = module_path(path);
    let Some(module) = place.first() else {
        return Vec::new();
    };
    if place.iter().any(|part| part.ends_with("tests")) {
        return Vec::new();
    }
    if stack.find(module).is_none() {
        return vec![(1, format!("module `{module}` is in no layer"))];
    }
    let code = scan::without_tests(&scan::without_text(source));
    references(&code, place.len())
        .into_iter()
        .filter_map(|reference| {
            let problem = stack.refusal(module, &reference)?;
            let line = code[..reference.at].matches('\n').count() + 1;
            Some((line, problem))
        })
        .collect()
}

/// `chat/send.rs` is `[chat, send]`, `chat/mod.rs` is `[chat]`, `lib.rs` is `[]`.
fn module_path(path: &Path) -> Vec<String> {
    let parts = path.with_extension("");
    let parts = parts.iter().map(|part| part.to_string_lossy().into_owned());
    parts
        .filter(|part| part != "mod" && part != "lib")
        .collect()
}

/// A name that the code takes from the crate's root.
#[derive(Debug, PartialEq, Eq)]
struct Reference<'a> {
    /// Where in the code.
    at: usize,
    /// The name: a top-level module if all is well.
    name: &'a str,
    /// Whether it is the name of a macro, which lives at the root whoever defines it.
    is_macro: bool,
}

/// Everything that code in a file `depth` modules below the root takes from the root.
fn references(code: &str, depth: usize) -> Vec<Reference<'_>> {
    let inline = scan::inline_modules(code);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate` is for the other crates in which an exported macro expands.
        if scan::is_word_start(code.as_bytes(), at) && !code[..at].ends_with('$') {
            heads(code, at + "crate::".len(), &mut found);
        }
    }
    for (at, _) in code.match_indices("super::") {
        if !scan::is_word_start(code.as_bytes(), at) || code[..at].ends_with("::") {
            continue;
        }
        let rest = code[at..].trim_start_matches("super::");
        let start = code.len() - rest.len();
        let steps = (start - at) / "super::".len();
        let nesting = inline.iter().filter(|range| range.contains(&at)).count();
        if steps >= depth + nesting {
            heads(code, start, &mut found);
        }
    }
    found
}

/// The first names of the path, or of every path of the group, that begins at `start`.
fn heads<'a>(code: &'a str, start: usize, found: &mut Vec<Reference<'a>>) {
    let Some(group) = code[start..].strip_prefix('{') else {
        found.push(head(code, start));
        return;
    };
    let mut depth = 0_usize;
    let mut expected = true;
    for (offset, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return,
            '}' => depth -= 1,
            ',' if depth == 0 => expected = true,
            _ if expected && !character.is_whitespace() => {
                found.push(head(code, start + 1 + offset));
                expected = false;
            }
            _ => {}
        }
    }
}

fn head(code: &str, at: usize) -> Reference<'_> {
    let rest = &code[at..];
    let end = rest.find(|c| !scan::is_word(c)).unwrap_or(rest.len());
    let end = if end == 0 { rest.len().min(1) } else { end };
    Reference {
        at,
        name: &rest[..end],
        is_macro: rest[end..].starts_with('!'),
    }
}

/// Where a module stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Line(usize),
    Beside,
}

impl Stack {
    fn find(&self, module: &str) -> Option<Place> {
        if self.beside.contains(&module) {
            return Some(Place::Beside);
        }
        let line = self.lines.iter().position(|line| line.contains(&module));
        line.map(Place::Line)
    }

    /// Why `module` may not take this from the root; `None` if it may.
    fn refusal(&self, module: &str, reference: &Reference<'_>) -> Option<String> {
        let name = reference.name;
        if reference.is_macro || name == module {
            return None;
        }
        let above = match self.find(module)? {
            Place::Line(line) => line,
            Place::Beside => self.beside_on,
        };
        match self.find(name) {
            Some(Place::Line(line)) if line < above => None,
            Some(_) => Some(format!("`{module}` may not use `{name}`")),
            None => Some(format!(
                "`{name}` is taken from the crate's root: name its module"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::violations;
    use crate::layers::table::CORE_STACK;

    fn found(path: &str, source: &str) -> Vec<(usize, String)> {
        violations(Path::new(path), source, &CORE_STACK)
    }

    #[test]
    fn a_use_case_stands_on_everything_below() {
        let source = "use crate::hub::Topic;\nuse crate::{id::UserId, model::{Draft, Message}};\nuse super::Chat;\n";

        assert_eq!(found("chat/send.rs", source), []);
    }

    #[test]
    fn a_model_that_uses_the_hub_is_caught_with_its_line() {
        let source = "use crate::id::UserId;\n\npub fn publish(hub: &crate::hub::Hub) {}\n";

        let caught = found("model/message.rs", source);

        assert_eq!(caught, [(3, "`model` may not use `hub`".to_owned())]);
    }

    #[test]
    fn ports_never_use_each_other() {
        assert_eq!(found("store.rs", "use crate::media::Upload;").len(), 1);
        assert_eq!(
            found("store/message.rs", "use crate::store::StoreError;"),
            []
        );
    }

    #[test]
    fn every_path_of_a_group_is_looked_at() {
        let caught = found(
            "hub/mod.rs",
            "use crate::{\n    id::{A, B},\n    session::C,\n};",
        );

        assert_eq!(caught, [(3, "`hub` may not use `session`".to_owned())]);
    }

    #[test]
    fn super_counts_only_when_it_reaches_the_root() {
        assert_eq!(found("hub/topic.rs", "use super::chat;"), []);
        assert_eq!(
            found("hub/topic.rs", "use super::super::chat::Chat;").len(),
            1
        );
        assert_eq!(found("hub/mod.rs", "use super::chat::Chat;").len(), 1);
        assert_eq!(found("hub.rs", "mod sealed { use super::Hub; }"), []);
        assert_eq!(
            found("hub.rs", "mod sealed { use super::super::chat::Chat; }").len(),
            1
        );
    }

    #[test]
    fn the_suite_and_the_memory_backend_stand_on_the_ports() {
        assert_eq!(found("memory/users.rs", "use crate::store::UserStore;"), []);
        assert_eq!(
            found("memory/users.rs", "use crate::protocol::Frame;").len(),
            1
        );
        assert_eq!(
            found("conformance/users.rs", "use crate::memory::Memory;").len(),
            1
        );
        assert_eq!(found("chat/mod.rs", "use crate::memory::Memory;").len(), 1);
    }

    #[test]
    fn tests_comments_and_literals_are_not_the_program() {
        let source = "/// See [`crate::chat::Chat`].\n// crate::hub\nconst A: &str = \"crate::hub\";\n\
                      #[cfg(test)]\nmod tests {\n    use crate::chat::Chat;\n}\n";

        assert_eq!(found("model/user.rs", source), []);
        for path in ["hub/tests/order.rs", "hub/shuttle_tests.rs"] {
            assert_eq!(found(path, "use crate::chat::Chat;"), []);
        }
    }

    #[test]
    fn what_the_root_re_exports_is_named_by_its_module() {
        assert_eq!(found("chat/send.rs", "use crate::UserId;").len(), 1);
        assert_eq!(found("chat/send.rs", "use crate::*;").len(), 1);
        assert_eq!(found("chat/send.rs", "crate::noted!(a); $crate::Chat"), []);
    }

    #[test]
    fn a_module_in_no_layer_is_caught_and_the_root_is_exempt() {
        let caught = found("helpers.rs", "");

        assert_eq!(caught, [(1, "module `helpers` is in no layer".to_owned())]);
        assert_eq!(found("lib.rs", "pub use crate::chat::Chat;"), []);
    }
}
