//! The list of cases: a new one enrols every backend at once.

mod access;
mod bus;
mod media;
mod store;
mod users;

/// One named test per case.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ($fresh:ident => $($module:ident { $($case:ident,)* })*) => {
        $(mod $module {
            $(#[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let (backend, _alive) = super::$fresh().await;
                $crate::conformance::$module::$case($crate::conformance::borrow(&backend)).await;
            })*
        })*
    };
}

#[cfg(test)]
mod tests {
    const LISTS: &str = concat!(
        include_str!("access.rs"),
        include_str!("bus.rs"),
        include_str!("media.rs"),
        include_str!("store.rs"),
        include_str!("users.rs"),
    );

    const MODULES: &[&str] = &[
        include_str!("../account_races.rs"),
        include_str!("../accounts.rs"),
        include_str!("../admin.rs"),
        include_str!("../append.rs"),
        include_str!("../append_races.rs"),
        include_str!("../authenticator.rs"),
        include_str!("../bounds.rs"),
        include_str!("../bus.rs"),
        include_str!("../cancellation.rs"),
        include_str!("../changes.rs"),
        include_str!("../conversations.rs"),
        include_str!("../durable.rs"),
        include_str!("../heads.rs"),
        include_str!("../history.rs"),
        include_str!("../hosted_users.rs"),
        include_str!("../inbox.rs"),
        include_str!("../inspector.rs"),
        include_str!("../joins.rs"),
        include_str!("../last_seen.rs"),
        include_str!("../leases.rs"),
        include_str!("../logins.rs"),
        include_str!("../lookalikes.rs"),
        include_str!("../markers.rs"),
        include_str!("../media.rs"),
        include_str!("../membership.rs"),
        include_str!("../membership_races.rs"),
        include_str!("../model/mod.rs"),
        include_str!("../people.rs"),
        include_str!("../people_races.rs"),
        include_str!("../policy.rs"),
        include_str!("../push.rs"),
        include_str!("../races.rs"),
        include_str!("../revision_races.rs"),
        include_str!("../revisions.rs"),
        include_str!("../schema.rs"),
        include_str!("../search.rs"),
        include_str!("../texts.rs"),
        include_str!("../unreached.rs"),
        include_str!("../uploads.rs"),
        include_str!("../users.rs"),
    ];

    #[test]
    fn every_case_is_listed() {
        let cases = MODULES
            .iter()
            .flat_map(|module| module.lines())
            .filter_map(|line| line.strip_prefix("pub async fn "))
            .filter_map(|line| line.split(['(', '<']).next())
            .filter(|name| *name != "run");
        let forgotten: Vec<&str> = cases
            .filter(|name| !LISTS.contains(&format!(" {name},\n")))
            .collect();
        assert_eq!(forgotten, [""; 0]);
    }

    #[test]
    fn the_readme_tells_how_many_there_are() {
        let is_case = |line: &&str| {
            let name = line.trim().strip_suffix(',').unwrap_or_default();
            let is_part =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            !name.is_empty() && name.bytes().all(is_part)
        };
        let cases = LISTS.lines().filter(is_case).count();
        let readme = include_str!("../../../../README.md");
        assert!(
            readme.contains(&format!("suite of {cases} cases")),
            "{cases}"
        );
    }
}
