//! Addresses: where the server listens, and whom it believes.

use std::net::SocketAddr;

use chat_transport_warp::{IceConfig, InvalidIce, Network};

use super::ConfigError;
use super::sources::Sources;

pub(super) fn listen(sources: &Sources) -> Result<SocketAddr, ConfigError> {
    if let Some(listen) = sources.text("CHAT_LISTEN") {
        return address("CHAT_LISTEN", listen);
    }
    let port: Option<u16> = sources.value("PORT")?;
    Ok(SocketAddr::from(([127, 0, 0, 1], port.unwrap_or(8080))))
}

pub(super) fn address(name: &'static str, text: &str) -> Result<SocketAddr, ConfigError> {
    let problem = "must be an address and a port, as 127.0.0.1:8080";
    text.parse()
        .map_err(|_| ConfigError::setting(name, problem))
}

pub(super) fn origins(sources: &Sources) -> Result<Vec<String>, ConfigError> {
    let list = sources.text("CHAT_CORS_ORIGINS").unwrap_or_default();
    let origins = list
        .split(',')
        .map(str::trim)
        .filter(|origin| !origin.is_empty());
    origins
        .map(|origin| {
            let rest = origin
                .strip_prefix("https://")
                .or_else(|| origin.strip_prefix("http://"));
            let plain = |rest: &str| !rest.is_empty() && !rest.contains(['/', '*', ' ', '@']);
            match rest {
                Some(rest) if plain(rest) => Ok(origin.to_owned()),
                _ => Err(ConfigError::setting(
                    "CHAT_CORS_ORIGINS",
                    format!("{origin} is not an origin, as https://app.example"),
                )),
            }
        })
        .collect()
}

pub(super) fn proxies(sources: &Sources) -> Result<Vec<Network>, ConfigError> {
    let list = sources.text("CHAT_TRUSTED_PROXIES").unwrap_or_default();
    let proxies = list
        .split(',')
        .map(str::trim)
        .filter(|proxy| !proxy.is_empty());
    let wrong = |proxy| {
        ConfigError::setting(
            "CHAT_TRUSTED_PROXIES",
            format!("{proxy} is not an address or network, as 10.0.0.0/8"),
        )
    };
    proxies
        .map(|proxy| proxy.parse().map_err(|_| wrong(proxy)))
        .collect()
}

/// The servers for calls, unless only devices that reach each other directly are to connect.
pub(super) fn ice(sources: &Sources) -> Result<IceConfig, ConfigError> {
    let list = sources.text("CHAT_ICE_SERVERS").unwrap_or_default();
    let addresses = list
        .split(',')
        .map(str::trim)
        .filter(|address| !address.is_empty());
    let ice = IceConfig::new(addresses, sources.text("CHAT_TURN_SECRET"));
    ice.map_err(|error| {
        let name = match &error {
            InvalidIce::NoSecret => "CHAT_TURN_SECRET",
            _ => "CHAT_ICE_SERVERS",
        };
        ConfigError::setting(name, error.to_string())
    })
}
