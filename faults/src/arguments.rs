//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use chat_faults::cluster::Failure;
use chat_faults::scenarios::Options;

pub(crate) const USAGE: &str = "\
Breaks the chat server under load and checks what came of it.

Usage: chat-faults COMMAND [OPTION]...

  list               the scenarios
  run                run them; ends with 1 if one has an anomaly
  report             a table of all runs so far, in Markdown

Options:
  --short            20000 acknowledged messages a scenario (the default)
  --full             1000000
  --acks N           so many
  --only NAME        this scenario alone; may be given again
  --seed N           where chance begins [1]
  --out DIR          where histories, logs and reports go [target/faults-runs]
  --server PATH      the server program [chat-server beside this one]
  --defect N         run nodes with this planted defect; their server must be built for it
";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    List,
    Run(Vec<String>),
    Report,
}

/// The command line, read.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) command: Command,
    pub(crate) options: Options,
}

impl Arguments {
    pub(crate) fn parse(words: &[String]) -> Result<Self, Failure> {
        let mut only = Vec::new();
        let mut options = Options {
            acks: 20_000,
            seed: 1,
            out: PathBuf::from("target/faults-runs"),
            server: beside()?,
            defect: None,
        };
        let mut words = words.iter();
        let command = words.next().map_or("--help", String::as_str);
        while let Some(word) = words.next() {
            let mut value = || {
                let value = words.next();
                value.ok_or_else(|| Failure::from(format!("{word} needs a value")))
            };
            match word.as_str() {
                "--short" => options.acks = 20_000,
                "--full" => options.acks = 1_000_000,
                "--acks" => options.acks = number(word, value()?)?,
                "--only" => only.push(value()?.clone()),
                "--seed" => options.seed = number(word, value()?)?,
                "--out" => options.out = value()?.into(),
                "--server" => options.server = std::path::absolute(value()?)?,
                "--defect" => options.defect = Some(number(word, value()?)?),
                _ => return Err(format!("there is no option {word}; see --help").into()),
            }
        }
        let command = match command {
            "help" | "--help" | "-h" => Command::Help,
            "list" => Command::List,
            "run" => Command::Run(only),
            "report" => Command::Report,
            other => return Err(format!("there is no command {other}; see --help").into()),
        };
        Ok(Self { command, options })
    }
}

/// The server that was built with this program.
fn beside() -> Result<PathBuf, Failure> {
    Ok(std::env::current_exe()?.with_file_name("chat-server"))
}

fn number<T: FromStr>(option: &str, word: &str) -> Result<T, Failure> {
    let number = word.parse();
    number.map_err(|_| format!("{option}: {word} is not a number that fits").into())
}
