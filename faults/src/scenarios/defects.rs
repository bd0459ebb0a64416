//! Planted defects, each with the scenarios that must go red: the proof that the harness sees.
//!
//! A server that is built with the feature `defects` has the one that `CHAT_DEFECT` names.

/// A planted defect.
#[derive(Debug, Clone, Copy)]
pub struct Defect {
    /// What `CHAT_DEFECT` is set to.
    pub number: u32,
    /// What is wrong.
    pub about: &'static str,
    scenarios: &'static [&'static str],
}

impl Defect {
    /// The scenarios that try it, the likeliest first; it is found if one of them goes red.
    #[must_use]
    pub fn scenarios(&self) -> Vec<String> {
        self.scenarios
            .iter()
            .map(|name| (*name).to_owned())
            .collect()
    }
}

const fn defect(number: u32, about: &'static str, scenarios: &'static [&'static str]) -> Defect {
    Defect {
        number,
        about,
        scenarios,
    }
}

/// Every planted defect.
pub const DEFECTS: &[Defect] = &[
    defect(
        1,
        "acknowledged before the commit",
        &["node-kill-one", "store-kill"],
    ),
    defect(
        2,
        "told to others before the commit, of which 1 % are rolled back",
        &["calm", "store-kill"],
    ),
    defect(
        3,
        "1 % of bus messages dropped, positions never compared",
        &["calm"],
    ),
    defect(
        4,
        "seqs from a sequence without a lock",
        &["calm", "node-kill"],
    ),
    defect(
        5,
        "membership looked at when subscribing only",
        &["removal"],
    ),
    defect(
        6,
        "resume reads the history before it subscribes",
        &["resume"],
    ),
    defect(
        7,
        "registry by user: a late end of a socket removes the new one",
        &["resume", "node-kill"],
    ),
    defect(8, "queues without a bound", &["slow-consumers"]),
    defect(
        9,
        "client ids looked up outside the transaction",
        &["idempotency"],
    ),
    defect(10, "revocation in the HTTP filter alone", &["revocation"]),
    defect(
        11,
        "read marks set without a maximum",
        &["receipts", "calm"],
    ),
    defect(12, "order by the wall clock", &["clock"]),
    defect(13, "drain that waits for nothing", &["rolling-restarts"]),
    defect(
        14,
        "a panic poisons a lock that all share",
        &["calm", "node-kill"],
    ),
    defect(
        15,
        "a pool's connection is leaked on errors",
        &["store-stop", "store-kill"],
    ),
];

#[cfg(test)]
mod tests {
    use super::DEFECTS;
    use crate::scenarios::ALL;

    #[test]
    fn every_defect_is_tried_by_scenarios_that_exist() {
        for defect in DEFECTS {
            let names = defect.scenarios();
            assert!(!names.is_empty(), "{}", defect.number);
            for name in names {
                let known = ALL.iter().any(|scenario| scenario.name == name);
                assert!(known, "{name}");
            }
        }
    }

    #[test]
    fn names_are_used_once_and_every_promise_is_tried() {
        let mut names: Vec<&str> = ALL.iter().map(|scenario| scenario.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        for (promise, _) in crate::report::PROMISES {
            let tried = ALL
                .iter()
                .any(|scenario| scenario.promises.contains(promise));
            assert!(tried, "{promise}");
        }
    }
}
