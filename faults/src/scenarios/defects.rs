//! Planted defects, each with the scenarios that must go red: the proof that the harness sees.
//!
//! A server that is built with the feature `defects` has the one that `CHAT_DEFECT` names. `PanicPoisonsLock` is
//! not among them: it takes a panic, which nothing from outside the process brings about.

/// A planted defect.
#[derive(Debug, Clone, Copy)]
pub struct Defect {
    /// What `CHAT_DEFECT` is set to.
    pub name: &'static str,
    /// The scenarios that try it, the likeliest first; it is found if one of them goes red.
    pub scenarios: &'static [&'static str],
}

const fn defect(name: &'static str, scenarios: &'static [&'static str]) -> Defect {
    Defect { name, scenarios }
}

/// Every planted defect.
pub const DEFECTS: &[Defect] = &[
    defect(
        "MembershipCheckedAtSubscribeOnly",
        &["removal-bus-cut", "removal"],
    ),
    defect("ResumeReadsBeforeSubscribing", &["resume", "node-kill"]),
    defect("RegistryKeyedByUser", &["revocation"]),
    defect("DrainWithoutWaiting", &["rolling-restarts"]),
];

#[cfg(test)]
mod tests {
    use super::DEFECTS;
    use crate::scenarios::ALL;

    #[test]
    fn every_defect_is_tried_by_scenarios_that_exist() {
        for defect in DEFECTS {
            assert!(!defect.scenarios.is_empty(), "{}", defect.name);
            for name in defect.scenarios {
                let known = ALL.iter().any(|scenario| scenario.name == *name);
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
