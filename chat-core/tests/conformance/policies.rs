//! The policy of those who have none, and a host's own, under the cases of policies.

mod allow_all {
    use std::sync::Arc;

    use chat_core::policy::{AllowAll, Policy};

    async fn fresh() -> (Arc<dyn Policy>, ()) {
        std::future::ready((Arc::new(AllowAll) as _, ())).await
    }

    chat_core::policy_conformance!(fresh);
}

mod of_a_host {
    use std::sync::Arc;

    use async_trait::async_trait;
    use chat_core::id::UserId;
    use chat_core::model::ChangeKind;
    use chat_core::policy::{Action, Decision, Policy};

    /// Rewrites links, and denies large uploads and who is unknown; it needs a moment to decide.
    #[derive(Debug)]
    struct HouseRules;

    #[async_trait]
    impl Policy for HouseRules {
        async fn check(&self, actor: &UserId, action: Action<'_>) -> Decision {
            tokio::task::yield_now().await;
            match action {
                _ if actor.as_str() == "nobody-knows-me" => Decision::Deny("who are you?".into()),
                Action::Send(draft) if draft.text.contains("https://") => {
                    Decision::Rewrite(draft.text.replace("https://", "(a link) "))
                }
                Action::Upload(2_000_000..) => Decision::Deny("too large for this house".into()),
                Action::Change(_, ChangeKind::Rename(name)) if name.is_empty() => {
                    Decision::Deny("a group here has a name".into())
                }
                _ => Decision::Allow,
            }
        }
    }

    async fn fresh() -> (Arc<dyn Policy>, ()) {
        std::future::ready((Arc::new(HouseRules) as _, ())).await
    }

    chat_core::policy_conformance!(fresh);
}
