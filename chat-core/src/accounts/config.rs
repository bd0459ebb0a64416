//! Settings, and which of them are refused.

use std::time::Duration;

/// How much work a password is: argon2id (RFC 9106).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for PasswordCost {
    /// RFC 9106, section 4, the second recommended option: 64 MiB, 3 passes, 4 lanes.
    fn default() -> Self {
        Self {
            memory_kib: 65_536,
            passes: 3,
            lanes: 4,
        }
    }
}

impl PasswordCost {
    /// For tests alone: 8 MiB and one pass. Refused unless [`AccountsConfig::allow_weak_cost`].
    #[must_use]
    pub const fn fast_for_tests() -> Self {
        Self {
            memory_kib: 8_192,
            passes: 1,
            lanes: 1,
        }
    }

    /// At least as much work as the cheapest of OWASP's equivalents.
    const fn is_enough(self) -> bool {
        matches!(
            (self.memory_kib, self.passes),
            (47_104.., 1..) | (19_456.., 2..) | (12_288.., 3..)
        )
    }
}

/// Settings of the accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountsConfig {
    /// Who issues the tokens: `chat`.
    pub issuer: String,
    /// Whom they are for: `chat`.
    pub audience: String,
    /// Shortest password in code points: 8 while developing, 15 in production.
    pub password_min: usize,
    /// Whether passwords that are easily guessed are refused: in production.
    pub refuse_common_passwords: bool,
    /// How much work a password is.
    pub password_cost: PasswordCost,
    /// Takes a [`PasswordCost`] below the floor: for tests alone.
    pub allow_weak_cost: bool,
    /// Life of an access token: 10 min.
    pub access_life: Duration,
    /// A session that is not refreshed ends after: 14 days.
    pub idle_life: Duration,
    /// A session ends after: 30 days.
    pub session_life: Duration,
    /// A refresh token may be used again within: 10 s, for two tabs at once.
    pub refresh_window: Duration,
    /// How far clocks may differ: 30 s.
    pub skew: Duration,
    /// Sessions of a user; the one unused longest goes: 20.
    pub logins_per_user: usize,
}

impl Default for AccountsConfig {
    fn default() -> Self {
        Self {
            issuer: "chat".to_owned(),
            audience: "chat".to_owned(),
            password_min: 8,
            refuse_common_passwords: false,
            password_cost: PasswordCost::default(),
            allow_weak_cost: false,
            access_life: Duration::from_secs(600),
            idle_life: Duration::from_secs(14 * 86_400),
            session_life: Duration::from_secs(30 * 86_400),
            refresh_window: Duration::from_secs(10),
            skew: Duration::from_secs(30),
            logins_per_user: 20,
        }
    }
}

impl AccountsConfig {
    /// The strict rules: 15 code points, nothing easily guessed.
    #[must_use]
    pub fn production() -> Self {
        Self {
            password_min: 15,
            refuse_common_passwords: true,
            ..Self::default()
        }
    }

    /// For front ends that keep one token and never refresh it: a login and its access token both end after `life`.
    #[must_use]
    pub const fn without_refresh(mut self, life: Duration) -> Self {
        self.access_life = life;
        self.idle_life = life;
        self.session_life = life;
        self
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if !self.password_cost.is_enough() && !self.allow_weak_cost {
            return Err(ConfigError::WeakCost);
        }
        if self.skew > Duration::from_secs(60) {
            return Err(ConfigError::Skew);
        }
        Ok(())
    }
}

/// A setting that is not safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A password would be too little work to guess.
    #[error("the password cost is below the floor (19,456 KiB and 2 passes, or an equivalent)")]
    WeakCost,
    /// Passwords cannot be hashed at this cost.
    #[error("the password cost cannot be worked with")]
    ImpossibleCost,
    /// Clocks are trusted too little.
    #[error("clocks may differ by at most 60 s")]
    Skew,
    /// A key that can be guessed.
    #[error("a secret must be at least 32 bytes")]
    ShortSecret,
    /// A key that everybody knows.
    #[error("the secret is a known example; make one of your own")]
    KnownSecret,
}
