//! A body of each kind that requests carry, as the OpenAPI document shows it.

use serde_json::{Value, json};

const ID: &str = "0193a1c0-4f6e-7a3b-9c1d-2e5f8a7b6c4d";

const PUSH: &str = "https://fcm.googleapis.com/fcm/send/c1KrmpTuRm0";

/// An example of the type of this name, if requests carry one.
pub(super) fn of(name: &str) -> Option<Value> {
    let example = match name {
        "NewConversationBody" => json!({"type": "direct", "participant_id": "bob"}),
        "ConversationUpdate" => json!({"name": "Mountains"}),
        "AddMembers" => json!({"participant_ids": ["cyd"]}),
        "RoleBody" => json!({"role": "admin"}),
        "MessageBody" => json!({"content": "Hello!", "client_id": ID}),
        "EditBody" => json!({"content": "Hello, Bob!"}),
        "MarkBody" => json!({"seq": 7}),
        "PrivacyUpdate" => json!({"last_seen": "nobody"}),
        "PushSubscriptionBody" => json!({
            "endpoint": PUSH, "p256dh": "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        }),
        "PushEndpoint" => json!({"endpoint": PUSH}),
        "RegisterBody" => json!({
            "username": "ada", "email": "ada@example.com", "password": "correct horse battery",
        }),
        "LoginBody" => json!({"username": "ada", "password": "correct horse battery"}),
        "RefreshBody" => json!({"refresh_token": "the one of the login"}),
        "PasswordBody" => json!({
            "current_password": "correct horse battery", "new_password": "staple by the harbour",
        }),
        "ProfileBody" => json!({"display_name": "Ada", "phone": null}),
        _ => return None,
    };
    Some(example)
}

#[cfg(test)]
mod tests {
    use chat_core::protocol as p;
    use serde::de::DeserializeOwned;
    use utoipa::ToSchema;

    use super::of;

    fn is_one<T: DeserializeOwned + ToSchema>() {
        let name = T::name();
        let example = of(&name).unwrap_or_else(|| panic!("{name} has no example"));
        let parsed = serde_json::from_value::<T>(example);
        assert!(parsed.is_ok(), "{name}: {:?}", parsed.err());
    }

    #[test]
    fn each_example_is_one_of_its_type() {
        is_one::<p::NewConversationBody>();
        is_one::<p::ConversationUpdate>();
        is_one::<p::AddMembers>();
        is_one::<p::RoleBody>();
        is_one::<p::MessageBody>();
        is_one::<p::EditBody>();
        is_one::<p::MarkBody>();
        is_one::<p::PrivacyUpdate>();
        is_one::<p::PushSubscriptionBody>();
        is_one::<p::PushEndpoint>();
    }

    #[cfg(feature = "accounts")]
    #[test]
    fn each_example_of_the_accounts_is_one_of_its_type() {
        use crate::rest::{auth, users};

        is_one::<auth::RegisterBody>();
        is_one::<auth::LoginBody>();
        is_one::<auth::RefreshBody>();
        is_one::<auth::PasswordBody>();
        is_one::<users::ProfileBody>();
    }
}
