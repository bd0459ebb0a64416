//! The peers, as `bench/peers.txt` lists them.

use std::fs;
use std::path::{Path, PathBuf};

use super::Subject;
use crate::Failure;
use crate::load::adapter::Kind;

/// All peers of the list, in its order.
///
/// # Errors
/// If the list cannot be read.
pub(crate) fn peers() -> Result<Vec<Subject>, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = folder.join("peers.txt");
    let list = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&list, folder)
}

/// Lines of a name, an adapter, a folder beside the list, and the command to start there.
fn parse(list: &str, folder: &Path) -> Result<Vec<Subject>, Failure> {
    let lines = list.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [name, adapter, place, program, arguments @ ..] = words.as_slice() else {
                return Err(format!("`{line}` is no name, adapter, folder and command").into());
            };
            let folder = folder.join(place);
            let command = std::iter::once(program_in(&folder, program).into());
            Ok(Subject {
                name: (*name).to_owned(),
                kind: Kind::named(adapter)?,
                command: command.chain(arguments.iter().map(Into::into)).collect(),
                folder: Some(folder),
                store: None,
            })
        })
        .collect()
}

/// A program with a path is one of the folder, whatever folder it is started from; one without is on `PATH`.
fn program_in(folder: &Path, program: &str) -> PathBuf {
    match program.contains('/') {
        true => folder.join(program),
        false => program.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{parse, peers};
    use crate::load::adapter::Kind;

    #[test]
    fn a_line_is_a_name_an_adapter_a_folder_and_a_command() {
        let list =
            "# peers\n\nws plain peers/node node ws.mjs\nio socketio peers target/release/io\n";

        let peers = parse(list, Path::new("/b")).unwrap();

        let names: Vec<_> = peers.iter().map(|p| (p.name.as_str(), p.kind)).collect();
        assert_eq!(names, [("ws", Kind::Plain), ("io", Kind::SocketIo)]);
        assert_eq!(peers[0].command, ["node", "ws.mjs"]);
        assert_eq!(peers[1].command, ["/b/peers/target/release/io"]);
        for wrong in ["ws plain peers", "ws telegraph peers node"] {
            assert!(parse(wrong, Path::new("/b")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_list_can_be_read() {
        peers().unwrap();
    }
}
