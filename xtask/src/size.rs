//! `cargo xtask size [--cold]`: how large the server is with each store, and how long it takes to build from nothing.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::command::Cmd;
use crate::error::Error;
use crate::step::Step;
use crate::workspace::Workspace;

/// Features of the server: what it comes with, each other store, and all that there is.
const BUILDS: &[(&str, &str)] = &[
    ("SQLite, as it comes", ""),
    (
        "Postgres",
        " --no-default-features --features postgres,webhook,web-push",
    ),
    (
        "MongoDB",
        " --no-default-features --features mongo,webhook,web-push",
    ),
    (
        "all stores and buses",
        " --features postgres,mongo,redis,object-store,cloudinary",
    ),
];

/// Builds all, one after the other.
pub(crate) const SIZES: Step = Step::new("sizes", sizes);

/// Builds what comes without any feature from nothing, with everything fetched.
pub(crate) const COLD: Step = Step::new("cold build", cold);

fn sizes(workspace: &Workspace) -> Result<(), Error> {
    let mut table = "| stores | MiB | of it code and data |\n| --- | --- | --- |\n".to_owned();
    for (name, features) in BUILDS {
        build(features, &workspace.target)?;
        let binary = workspace
            .target
            .join(format!("release/chat-server{EXE_SUFFIX}"));
        let stripped = workspace.target.join("chat-server-stripped");
        Cmd::new("strip")
            .arg("-o")
            .arg(&stripped)
            .arg(&binary)
            .run()?;
        table += &format!("| {name} | {} | {} |\n", mib(&binary)?, mib(&stripped)?);
    }
    println!("\n{table}");
    Ok(())
}

fn cold(workspace: &Workspace) -> Result<(), Error> {
    Cmd::cargo("fetch --locked").run()?;
    let target = workspace.target.join("cold");
    if target.exists() {
        fs::remove_dir_all(&target).map_err(Error::file(&target))?;
    }
    let begun = Instant::now();
    build("", &target)?;
    println!("\ncold build: {} s", begun.elapsed().as_secs());
    fs::remove_dir_all(&target).map_err(Error::file(&target))
}

fn build(features: &str, target: &Path) -> Result<(), Error> {
    Cmd::cargo("build --release --locked --package chat-server --bin chat-server")
        .args(features.split_whitespace())
        .arg("--target-dir")
        .arg(target)
        .run()
}

fn mib(file: &Path) -> Result<String, Error> {
    let size = fs::metadata(file).map_err(Error::file(file))?.len();
    Ok(format!("{:.1}", size as f64 / f64::from(1 << 20)))
}
