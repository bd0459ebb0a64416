//! Hashing and checking passwords: argon2id, a few at a time, off the runtime's threads.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use super::{AccountError, ConfigError, PasswordCost};

/// How many passwords are worked on at once: each takes its whole memory.
const AT_ONCE: usize = 2;

/// How many may wait for that.
const WAITING: usize = 64;

/// Hashes from the store that ask for more memory than this are not worked on: 256 MiB.
const MAX_MEMORY_KIB: u32 = 262_144;

/// Hashes and checks passwords.
#[derive(Debug)]
pub(super) struct Passwords {
    params: Params,
    /// A hash of no password, of the same cost as everybody's.
    nobody: String,
    places: Semaphore,
    waiting: Semaphore,
}

impl Passwords {
    pub(super) fn new(cost: PasswordCost) -> Result<Self, ConfigError> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None);
        let params = params.map_err(|_| ConfigError::ImpossibleCost)?;
        let passwords = Self {
            nobody: hash_of_nothing(&params),
            params,
            places: Semaphore::new(AT_ONCE),
            waiting: Semaphore::new(AT_ONCE + WAITING),
        };
        // What is checked for unknown users must be as much work as for known ones.
        match passwords.is_current(&passwords.nobody) {
            true => Ok(passwords),
            false => Err(ConfigError::ImpossibleCost),
        }
    }

    /// Hashes a password.
    pub(super) async fn hash(&self, password: String) -> Result<String, AccountError> {
        let params = self.params.clone();
        let hashed = self.work(move || hash(&params, &password)).await?;
        hashed.ok_or(AccountError::Busy)
    }

    /// Checks a password; without a hash it takes as long and is wrong.
    pub(super) async fn verify(
        &self,
        password: &str,
        hash: Option<&str>,
    ) -> Result<bool, AccountError> {
        let usable = hash.filter(|hash| is_workable(hash));
        if let (Some(_), None) = (hash, usable) {
            tracing::error!(
                "an account holds a password hash that is not argon2id or asks for too much"
            );
        }
        let checked = usable.unwrap_or(&self.nobody).to_owned();
        let password = password.to_owned();
        let matches = self.work(move || verify(&password, &checked)).await?;
        Ok(matches && usable.is_some())
    }

    /// Whether a hash is of the present cost.
    pub(super) fn is_current(&self, hash: &str) -> bool {
        params_of(hash).is_some_and(|params| {
            (params.m_cost(), params.t_cost(), params.p_cost())
                == (
                    self.params.m_cost(),
                    self.params.t_cost(),
                    self.params.p_cost(),
                )
        })
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccountError> {
        let _waiting = self.waiting.try_acquire().map_err(|_| AccountError::Busy)?;
        let _place = self
            .places
            .acquire()
            .await
            .map_err(|_| AccountError::Busy)?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| AccountError::Busy)
    }
}

/// NFC, so that a password typed on another keyboard is the same (NIST SP 800-63B-4, 3.1.1.2).
fn normal(password: &str) -> String {
    password.nfc().collect()
}

fn hash(params: &Params, password: &str) -> Option<String> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let hash = argon2.hash_password(normal(password).as_bytes()).ok()?;
    Some(hash.to_string())
}

/// A salt and an output of zeros. No password is known to come to that, and to check one is the same work as ever;
/// hashing one would keep every start waiting for a fifth of a second.
fn hash_of_nothing(params: &Params) -> String {
    let (memory, passes, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
    let (salt, output) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${output}")
}

fn verify(password: &str, hash: &str) -> bool {
    Argon2::default()
        .verify_password(normal(password).as_bytes(), hash)
        .is_ok()
}

fn params_of(hash: &str) -> Option<Params> {
    let hash = PasswordHash::new(hash).ok()?;
    (hash.algorithm.as_str() == "argon2id").then(|| Params::try_from(&hash).ok())?
}

fn is_workable(hash: &str) -> bool {
    params_of(hash).is_some_and(|params| params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(PasswordCost::fast_for_tests()).unwrap()
    }

    #[tokio::test]
    async fn a_password_is_compared_whole_and_in_nfc() {
        let passwords = passwords();
        let long = "x".repeat(72);
        let hash = passwords.hash(format!("{long}a")).await.unwrap();
        assert!(
            passwords
                .verify(&format!("{long}a"), Some(&hash))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify(&format!("{long}b"), Some(&hash))
                .await
                .unwrap()
        );

        let composed = passwords.hash("caf\u{e9} \0 😀 ".to_owned()).await.unwrap();
        assert!(
            passwords
                .verify("cafe\u{301} \0 😀 ", Some(&composed))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify("cafe\u{301} \0 😀", Some(&composed))
                .await
                .unwrap(),
            "spaces count"
        );
    }

    #[tokio::test]
    async fn hashes_that_are_not_ours_are_wrong_and_take_no_memory() {
        let passwords = passwords();
        let absurd = "$argon2id$v=19$m=4194304,t=3,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";
        for hash in ["", "hunter2", "$2b$12$abcdefghijklmnopqrstuv", absurd] {
            assert!(
                !passwords.verify("hunter2", Some(hash)).await.unwrap(),
                "{hash}"
            );
        }
        assert!(!passwords.verify("nobody's password", None).await.unwrap());
    }

    #[test]
    fn nothing_is_hashed_at_the_start() {
        let cost = PasswordCost {
            memory_kib: 65_536,
            passes: 10_000,
            lanes: 1,
        };
        let begun = std::time::Instant::now();

        Passwords::new(cost).unwrap();

        assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    }

    #[test]
    fn for_an_unknown_user_a_password_is_hashed_and_found_wrong() {
        let passwords = passwords();
        let known = hash(&passwords.params, "a password").unwrap();

        let checked = |hash: &str| Argon2::default().verify_password(b"another", hash);

        let wrong = checked(&known).unwrap_err();
        assert_eq!(checked(&passwords.nobody).unwrap_err(), wrong);
        assert_eq!(known.len(), passwords.nobody.len());
    }
}
