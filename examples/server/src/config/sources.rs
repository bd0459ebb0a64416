//! Where settings come from: the environment counts most, then `.env`, then the TOML file.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::str::FromStr;

use super::ConfigError;
use super::settings::SETTINGS;

/// Settings by name.
#[derive(Debug, Default)]
pub(super) struct Sources {
    values: HashMap<String, String>,
}

impl Sources {
    /// The settings of this process.
    pub(super) fn of_process() -> Result<Self, ConfigError> {
        let environment: HashMap<String, String> =
            std::env::vars().filter(|(name, _)| is_ours(name)).collect();
        let mut values = match read(".env")? {
            Some(text) => parse_env(&text),
            None => HashMap::new(),
        };
        let named = environment
            .get("CHAT_CONFIG")
            .or_else(|| values.get("CHAT_CONFIG"))
            .cloned();
        let path = named.as_deref().unwrap_or("chat.toml");
        let file = read(path)?;
        if named.is_some() && file.is_none() {
            return Err(ConfigError::setting(
                "CHAT_CONFIG",
                format!("there is no file {path}"),
            ));
        }
        for (name, value) in parse_toml(path, file.as_deref().unwrap_or_default())? {
            values.entry(name).or_insert(value);
        }
        values.extend(environment);
        Self { values }.known()
    }

    #[cfg(test)]
    pub(super) fn of_pairs(pairs: &[(&str, &str)]) -> Self {
        Self {
            values: pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    /// Refuses names that are nearly settings: a typing error should not pass for a choice.
    fn known(self) -> Result<Self, ConfigError> {
        let unknown = self
            .values
            .keys()
            .find(|name| is_ours(name) && !SETTINGS.iter().any(|(known, ..)| known == name));
        match unknown {
            Some(name) => Err(ConfigError::setting(
                name.clone(),
                "there is no such setting; see --help",
            )),
            None => Ok(self),
        }
    }

    /// A setting's text, if it is set to something.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// A setting's value.
    pub(super) fn value<T: FromStr>(&self, name: &str) -> Result<Option<T>, ConfigError> {
        let parsed = self.text(name).map(str::parse).transpose();
        parsed.map_err(|_| ConfigError::setting(name, "is not a number that fits"))
    }
}

fn is_ours(name: &str) -> bool {
    name.starts_with("CHAT_") && !matches!(name, "CHAT_SERVER_BIN") || name == "PORT"
}

fn read(path: &str) -> Result<Option<String>, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::File {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Lines of `NAME=value`; quotes around a value and an `export` before the name do not count.
fn parse_env(text: &str) -> HashMap<String, String> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'));
    let pairs =
        lines.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
    pairs
        .map(|(name, value)| {
            (
                name.trim().to_owned(),
                value.trim().trim_matches(['"', '\'']).to_owned(),
            )
        })
        .filter(|(name, _)| is_ours(name))
        .collect()
}

fn parse_toml(path: &str, text: &str) -> Result<HashMap<String, String>, ConfigError> {
    let wrong = |problem: String| ConfigError::setting(path, problem);
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| wrong(error.message().to_owned()))?;
    let value = |value: toml::Value| match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Array(list) => {
            let texts: Option<Vec<&str>> = list.iter().map(toml::Value::as_str).collect();
            texts.map(|texts| texts.join(","))
        }
        _ => None,
    };
    let pairs = table.into_iter().map(|(key, found)| {
        let text = value(found).ok_or_else(|| wrong(format!("{key} is not a text or number")))?;
        Ok((format!("CHAT_{}", key.to_uppercase()), text))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn env_files_and_toml_name_the_same_settings() {
        let env = parse_env("# comment\nexport CHAT_LISTEN = \"1.2.3.4:5\"\nOTHER=x\nPORT=9\n");
        assert_eq!(env["CHAT_LISTEN"], "1.2.3.4:5");
        assert_eq!(env.len(), 2);
        let toml = parse_toml(
            "chat.toml",
            "listen = '1.2.3.4:5'\ncors_origins = ['a', 'b']\nsend_burst = 7",
        )
        .unwrap();
        assert_eq!(
            (
                toml["CHAT_LISTEN"].as_str(),
                toml["CHAT_CORS_ORIGINS"].as_str()
            ),
            ("1.2.3.4:5", "a,b")
        );
    }

    #[test]
    fn a_mistyped_name_is_told() {
        let sources = Sources::of_pairs(&[("CHAT_LISTENN", "x")]);
        assert!(
            sources
                .known()
                .unwrap_err()
                .to_string()
                .starts_with("CHAT_LISTENN")
        );
    }
}
