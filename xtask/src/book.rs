//! The book in `docs`: every page is in its summary, and every link between files leads somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::step::Step;
use crate::workspace::Workspace;

/// Checks the book.
pub(crate) const BOOK: Step = Step::new("book", check);

const SUMMARY: &str = "SUMMARY.md";

fn check(workspace: &Workspace) -> Result<(), Error> {
    let docs = workspace.root.join("docs");
    let summary = docs.join(SUMMARY);
    let listed: BTreeSet<PathBuf> = links(&read(&summary)?)
        .iter()
        .map(|link| docs.join(link))
        .collect();
    let mut wrong = 0;
    let mut complain = |what: String| {
        println!("{what}");
        wrong += 1;
    };
    let mut pages = vec![workspace.root.join("README.md")];
    for entry in fs::read_dir(&docs).map_err(Error::file(&docs))? {
        let path = entry.map_err(Error::file(&docs))?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            if path != summary && !listed.contains(&path) {
                complain(format!("{} is not in the summary", path.display()));
            }
            pages.push(path);
        }
    }
    for page in pages {
        let folder = page.parent().unwrap_or(&docs);
        for link in links(&read(&page)?) {
            if !folder.join(&link).exists() {
                complain(format!("{}: {link} leads nowhere", page.display()));
            }
        }
    }
    match wrong {
        0 => Ok(()),
        count => Err(Error::Violations(count)),
    }
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(Error::file(path))
}

/// What a page links to in the repository, without the places within a page.
fn links(page: &str) -> Vec<String> {
    let targets = page.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split_once(')'));
    targets
        .map(|(target, _)| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains(':'))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::links;

    #[test]
    fn links_are_those_to_files() {
        let page = "[a](b.md), [c](b.md#d) and [e](https://f.example), [g](#h), `[i][j]`";

        assert_eq!(links(page), ["b.md", "b.md"]);
    }
}
