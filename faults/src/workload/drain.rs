//! The end of a run: everybody catches up.

use std::time::Duration;

use chat_core::id::{ConversationId, Seq};
use chat_core::protocol::HistoryPage;
use tokio::time::{Instant, sleep};

use super::{Cast, Device};

/// Waits until every device has every message of its user's groups; whether they had within `within`.
pub async fn drained(cast: &Cast, devices: &[Device], within: Duration) -> bool {
    let until = Instant::now() + within;
    for group in &cast.groups {
        let owner = &cast.users[group.members[0]];
        let Some(head) = head(&owner.rest, group.id, until).await else {
            return false;
        };
        let members = devices.iter().filter(|device| {
            group.members.contains(&device.user) || group.guest == Some(device.user)
        });
        for device in members {
            while device.progress.of(group.id) < head {
                if Instant::now() > until {
                    return false;
                }
                sleep(Duration::from_millis(20)).await;
            }
        }
    }
    true
}

/// The number of the last message.
async fn head(rest: &chat_client::Rest, id: ConversationId, until: Instant) -> Option<Seq> {
    let path = format!("conversations/{id}/messages?limit=1");
    loop {
        if let Ok(page) = rest.get::<HistoryPage>(&path).await {
            return Some(page.last_seq);
        }
        if Instant::now() > until {
            return None;
        }
        sleep(Duration::from_millis(50)).await;
    }
}
