//! The built-in accounts, and a host's own login, under the cases of authenticators.

mod accounts {
    use std::sync::Arc;
    use std::time::Duration;

    use chat_core::accounts::{
        AccountStores, Accounts, AccountsConfig, Keys, LoggedIn, PasswordCost, Registration,
    };
    use chat_core::auth::{Authenticator, Credential, EndSessions, Identity};
    use chat_core::conformance::authenticator::Issuer;
    use chat_core::id::{LoginId, UserId};
    use chat_core::memory::MemoryStore;
    use tokio::time::advance;

    const SECRET: &[u8] = b"1f3a9c7e5b2d8f60a4c8e1739bd5f260";

    /// Two nodes over one store.
    struct Nodes {
        store: MemoryStore,
        nodes: [Accounts; 2],
    }

    /// Nobody has a socket here.
    #[derive(Debug)]
    struct NoSockets;

    impl EndSessions for NoSockets {
        fn end_sessions(&self, _user: &UserId, _logins: &[LoginId]) {}

        fn profile_changed(&self, _user: &UserId) {}

        fn open_sessions(&self) -> Vec<(UserId, LoginId)> {
            Vec::new()
        }
    }

    fn node(store: &MemoryStore, secret: &[u8], rules: AccountsConfig) -> Accounts {
        let stores = AccountStores {
            accounts: Arc::new(store.clone()),
            logins: Arc::new(store.clone()),
        };
        let rules = AccountsConfig {
            password_cost: PasswordCost::fast_for_tests(),
            allow_weak_cost: true,
            skew: Duration::ZERO,
            ..rules
        };
        let keys = Keys::new(secret, Vec::new()).unwrap();
        Accounts::new(stores, rules, &keys, Arc::new(NoSockets)).unwrap()
    }

    async fn register(node: &Accounts) -> LoggedIn {
        let username = format!("u{}", &LoginId::new().to_string()[24..]);
        let wish = Registration {
            email: format!("{username}@example.com"),
            username,
            password: "correct horse".to_owned(),
            phone: None,
            display_name: None,
        };
        node.register(wish, None).await.unwrap()
    }

    impl Issuer for Nodes {
        fn nodes(&self) -> [Arc<dyn Authenticator>; 2] {
            self.nodes.clone().map(|node| Arc::new(node) as _)
        }

        async fn token(&self) -> (String, Identity) {
            let token = register(&self.nodes[0]).await.access_token;
            let shown = Credential::Bearer(&token);
            let identity = self.nodes[0].authenticate(shown).await.unwrap();
            (token, identity)
        }

        async fn expired(&self) -> Option<String> {
            let rules = AccountsConfig {
                access_life: Duration::ZERO,
                ..AccountsConfig::default()
            };
            let token = register(&node(&self.store, SECRET, rules)).await;
            // Tokens count wall-clock seconds, which no test can advance.
            let second = || std::thread::sleep(Duration::from_millis(1_100));
            tokio::task::spawn_blocking(second).await.unwrap();
            Some(token.access_token)
        }

        async fn ticket(&self, identity: &Identity) -> Option<String> {
            Some(self.nodes[0].issue_ticket(identity).unwrap().value)
        }

        async fn forged(&self) -> Vec<String> {
            let other_key = b"another-secret-another-secret-42!";
            let elsewhere = AccountsConfig {
                audience: "elsewhere".to_owned(),
                ..AccountsConfig::default()
            };
            let stranger = AccountsConfig {
                issuer: "stranger".to_owned(),
                ..AccountsConfig::default()
            };
            let by_key = register(&node(&self.store, other_key, AccountsConfig::default())).await;
            let for_others = register(&node(&self.store, SECRET, elsewhere)).await;
            let by_others = register(&node(&self.store, SECRET, stranger)).await;
            let nobody = MemoryStore::new();
            let unknown = register(&node(&nobody, SECRET, AccountsConfig::default())).await;
            let refresh = register(&self.nodes[0]).await.refresh_token;
            vec![
                by_key.access_token,
                for_others.access_token,
                by_others.access_token,
                unknown.access_token,
                refresh,
            ]
        }

        async fn revoke(&self, identity: &Identity) {
            self.nodes[0].logout(identity).await.unwrap();
        }

        async fn pass(&self, time: Duration) {
            advance(time).await;
        }
    }

    async fn issuer() -> Nodes {
        tokio::time::pause();
        let store = MemoryStore::new();
        let node = || node(&store, SECRET, AccountsConfig::default());
        let nodes = [node(), node()];
        std::future::ready(Nodes { store, nodes }).await
    }

    chat_core::authenticator_conformance!(issuer);
}

mod of_a_host {
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use chat_core::auth::{AuthError, AuthenticateWith, Authenticator, Identity};
    use chat_core::conformance::authenticator::Issuer;
    use chat_core::id::{LoginId, UserId};

    /// A host's table of sessions.
    #[derive(Default)]
    struct Sessions {
        open: Arc<Mutex<HashMap<String, Identity>>>,
    }

    impl Sessions {
        fn node(&self) -> Arc<dyn Authenticator> {
            let open = Arc::clone(&self.open);
            Arc::new(AuthenticateWith::new(move |token: String| {
                let found = open.lock().unwrap().get(&token).cloned();
                let stale = token.starts_with("stale-");
                std::future::ready(found.ok_or(if stale {
                    AuthError::Expired
                } else {
                    AuthError::Invalid
                }))
            }))
        }
    }

    impl Issuer for Sessions {
        fn nodes(&self) -> [Arc<dyn Authenticator>; 2] {
            [self.node(), self.node()]
        }

        async fn token(&self) -> (String, Identity) {
            let login = LoginId::new();
            let identity = Identity {
                user: UserId::new(format!("user-of-{login}")).unwrap(),
                login: Some(login),
                expires_at: None,
            };
            let token = format!("session-{login}");
            let mut open = self.open.lock().unwrap();
            open.insert(token.clone(), identity.clone());
            (token, identity)
        }

        async fn expired(&self) -> Option<String> {
            Some("stale-4711".to_owned())
        }

        async fn ticket(&self, _identity: &Identity) -> Option<String> {
            None
        }

        async fn forged(&self) -> Vec<String> {
            vec![format!("session-{}", LoginId::new())]
        }

        async fn revoke(&self, identity: &Identity) {
            let mut open = self.open.lock().unwrap();
            open.retain(|_, other| other.login != identity.login);
        }

        async fn pass(&self, _time: Duration) {
            // The table is asked each time.
        }
    }

    async fn issuer() -> Sessions {
        std::future::ready(Sessions::default()).await
    }

    chat_core::authenticator_conformance!(issuer);
}
