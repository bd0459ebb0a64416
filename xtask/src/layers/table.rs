//! The rules: which crate may use which, and in what order chat-core's modules stand.
//!
//! `ARCHITECTURE.md` tells the same in words; whoever changes one changes the other.

/// What a crate may use of the workspace's others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CrateRule {
    /// The crate.
    pub(crate) name: &'static str,
    /// What it may be built with.
    pub(crate) on: &'static [&'static str],
    /// What its tests may use besides (any crate's tests may use the crate itself).
    pub(crate) tests_on: &'static [&'static str],
}

const fn rule(name: &'static str, on: &'static [&'static str]) -> CrateRule {
    CrateRule {
        name,
        on,
        tests_on: &[],
    }
}

/// Every crate outside [`FREE_FOLDER`]; one that is not here is refused.
pub(crate) const CRATES: &[CrateRule] = &[
    rule("chat-core", &[]),
    CrateRule {
        name: "chat-store-sqlite",
        on: &["chat-core"],
        tests_on: &["chat-testkit"],
    },
    CrateRule {
        name: "chat-store-postgres",
        on: &["chat-core"],
        tests_on: &["chat-testkit"],
    },
    CrateRule {
        name: "chat-store-mongo",
        on: &["chat-core"],
        tests_on: &["chat-testkit"],
    },
    CrateRule {
        name: "chat-presence-redis",
        on: &["chat-core"],
        tests_on: &["chat-testkit"],
    },
    rule("chat-http", &[]),
    rule("chat-media", &["chat-core", "chat-http"]),
    rule("chat-notify", &["chat-core", "chat-http"]),
    CrateRule {
        name: "chat-seal",
        on: &["chat-core"],
        tests_on: &[
            "chat-store-sqlite",
            "chat-store-postgres",
            "chat-store-mongo",
        ],
    },
    CrateRule {
        name: "chat-transport-warp",
        on: &["chat-core"],
        tests_on: &["chat-client"],
    },
    CrateRule {
        name: "chat-client",
        on: &["chat-core"],
        tests_on: &["chat-transport-warp"],
    },
    rule(
        "bench",
        &[
            "chat-core",
            "chat-store-sqlite",
            "chat-store-postgres",
            "chat-store-mongo",
            "chat-transport-warp",
        ],
    ),
    rule("bench-micro", &["chat-core", "chat-transport-warp"]),
    CrateRule {
        name: "chat-faults",
        on: &[
            "chat-core",
            "chat-store-sqlite",
            "chat-store-postgres",
            "chat-store-mongo",
            "chat-client",
            "chat-testkit",
        ],
        tests_on: &[],
    },
    rule("chat-testkit", &[]),
    rule("xtask", &["chat-testkit"]),
];

/// The folder whose crates assemble the others and may name them all.
pub(crate) const FREE_FOLDER: &str = "examples";

/// The order of a crate's modules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stack {
    /// A module may use those of earlier lines, never another of its own line.
    pub(crate) lines: &'static [&'static [&'static str]],
    /// Modules beside the stack: they use its first lines, and nothing uses them.
    pub(crate) beside: &'static [&'static str],
    /// How many of the first lines those may use.
    pub(crate) beside_on: usize,
}

/// The crate whose modules are checked.
pub(crate) const CORE: &str = "chat-core";

/// The modules of [`CORE`], from the ground up.
pub(crate) const CORE_STACK: Stack = Stack {
    lines: &[
        &["id", "defects", "sync"],
        &["model"],
        &["store", "presence", "media", "auth", "policy", "notify"],
        &["protocol"],
        &["hub"],
        &["accounts"],
        &["chat"],
        &["session"],
    ],
    beside: &["memory", "conformance"],
    beside_on: 3,
};

/// How many crates [`CORE`] may compile without its optional features, itself included.
pub(crate) const CORE_WEIGHT: usize = 60;
