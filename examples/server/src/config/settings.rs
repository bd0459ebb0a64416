//! Every setting there is, for `--help` and for telling a mistyped name.

/// Name, default, meaning.
pub(super) const SETTINGS: &[(&str, &str, &str)] = &[
    (
        "CHAT_LISTEN",
        "127.0.0.1:8080",
        "address and port to listen on",
    ),
    (
        "PORT",
        "8080",
        "port alone, on 127.0.0.1; CHAT_LISTEN counts more",
    ),
    (
        "CHAT_DATA_DIR",
        "data",
        "folder of the database, the uploads and the generated secret; and where uploads wait that are coming in",
    ),
    (
        "CHAT_STORE_URL",
        "sqlite:<data>/chat.db",
        "sqlite:PATH, postgres://..., mongodb://..., or memory: to keep nothing; each needs its Cargo feature",
    ),
    (
        "CHAT_STORE_PREFIX",
        "chat",
        "schema in Postgres; elsewhere how our names begin, chat_ unless set",
    ),
    (
        "CHAT_BUS_URL",
        "none",
        "bus between nodes on one store: redis://..., redis-cluster://..., postgres://..., or none for a single node",
    ),
    (
        "CHAT_MEDIA_URL",
        "file:<data>/uploads",
        "where uploads are kept: file:PATH, s3://bucket/prefix, gs://..., az://..., or cloudinary://key:secret@cloud/folder",
    ),
    (
        "CHAT_NOTIFY_AFTER_SECONDS",
        "5",
        "how long a message may take to reach a member's session before the member is told otherwise, in seconds",
    ),
    (
        "CHAT_WEBHOOK_URL",
        "",
        "where messages are posted whose members no session reached; nothing is unless it is set",
    ),
    (
        "CHAT_WEBHOOK_SECRET",
        "",
        "whsec_ and 24 to 64 bytes in base64, by which those posts are signed; several, separated by spaces, while one is replaced",
    ),
    (
        "CHAT_PUSH_KEY",
        "",
        "key by which push services know the server: chatctl push-key makes one; nothing is pushed unless it is set",
    ),
    (
        "CHAT_PUSH_CONTACT",
        "",
        "mailto: or https: address at which push services reach whoever runs the server",
    ),
    (
        "CHAT_PUSH_HOSTS",
        "those of Google, Mozilla, Microsoft and Apple",
        "push services that browsers may name: hosts, *.domain or origins, separated by commas",
    ),
    (
        "CHAT_ICE_SERVERS",
        "",
        "STUN and TURN servers for calls, separated by commas: stun:HOST:PORT, turn:HOST:PORT, ...",
    ),
    (
        "CHAT_TURN_SECRET",
        "",
        "secret that the TURN servers share with this one, as coturn's static-auth-secret",
    ),
    (
        "CHAT_METRICS_LISTEN",
        "",
        "address and port of GET /metrics, for Prometheus; nothing is measured unless it is set",
    ),
    (
        "CHAT_JWT_SECRET",
        "generated",
        "secret of at least 32 bytes that tokens are made with",
    ),
    (
        "CHAT_SEAL_KEYS",
        "",
        "keys that the text of messages is sealed with: NAME:KEY, ...; the first one seals, all open; each 32 bytes in Base64",
    ),
    (
        "CHAT_SEAL_INDEX_KEY",
        "",
        "key that makes the words of sealed messages blind, for the search: 32 bytes in Base64",
    ),
    (
        "CHAT_PROFILE",
        "development",
        "development, or production: strict passwords, HTTPS cookies, no token in URLs",
    ),
    (
        "CHAT_DOCS",
        "on, in production off",
        "on or off: the API for people to read and try, at /docs",
    ),
    (
        "CHAT_CORS_ORIGINS",
        "",
        "origins of front ends on other sites, separated by commas",
    ),
    (
        "CHAT_TRUSTED_PROXIES",
        "",
        "addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas",
    ),
    (
        "CHAT_LOG",
        "info",
        "what is logged, as tracing's EnvFilter reads it",
    ),
    (
        "CHAT_CONFIG",
        "chat.toml",
        "TOML file with the same settings: listen, data_dir, ...",
    ),
    (
        "CHAT_SEND_BURST",
        "60",
        "messages that a user may send at once",
    ),
    (
        "CHAT_SENDS_PER_SECOND",
        "1",
        "messages a second that a user may send in the long run",
    ),
    (
        "CHAT_FRAME_BURST",
        "60",
        "frames that a connection may send at once",
    ),
    (
        "CHAT_FRAMES_PER_SECOND",
        "10",
        "frames a second that a connection may send in the long run",
    ),
    (
        "CHAT_REQUESTS_PER_SECOND",
        "20",
        "REST requests a second of a user in the long run",
    ),
    (
        "CHAT_LOGINS_PER_MINUTE",
        "30",
        "logins a minute of one address",
    ),
    (
        "CHAT_REGISTRATIONS",
        "6",
        "registrations of one address at once, refilled within three minutes",
    ),
    (
        "CHAT_ACCESS_SECONDS",
        "600",
        "life of an access token in seconds",
    ),
    (
        "CHAT_SKEW_SECONDS",
        "30",
        "how far clocks may differ in seconds, at most 60; a token counts so much longer",
    ),
    (
        "CHAT_CONNECTIONS_PER_USER",
        "10",
        "WebSockets of one user; the oldest goes",
    ),
    (
        "CHAT_CONNECTIONS_PER_ADDRESS",
        "50",
        "connections of one address",
    ),
    (
        "CHAT_GROUP_MEMBERS",
        "256",
        "members of a group, at most 10000",
    ),
    (
        "CHAT_IMAGE_BYTES",
        "10485760",
        "largest picture in bytes; it is held in memory while it comes",
    ),
    ("CHAT_AUDIO_BYTES", "26214400", "largest sound in bytes"),
    ("CHAT_VIDEO_BYTES", "52428800", "largest video in bytes"),
    ("CHAT_FILE_BYTES", "52428800", "largest other file in bytes"),
    #[cfg(feature = "defects")]
    ("CHAT_DEFECT", "", "a bug to have, for the fault harness"),
];

/// What `--help` prints.
pub(crate) fn help() -> String {
    let mut text = String::from(
        "The chat server. It needs no configuration; every setting is an environment variable, a line in .env,\n\
         or a key of the TOML file (there without CHAT_ and in lower case).\n\nUsage: chat-server [--help | --version]\n\n",
    );
    for (name, default, meaning) in SETTINGS {
        let default = if default.is_empty() {
            String::new()
        } else {
            format!(" [{default}]")
        };
        text.push_str(&format!("  {name:<30} {meaning}{default}\n"));
    }
    text
}
