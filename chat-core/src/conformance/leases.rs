//! Cases of how leases end: they need time to pass, so the backend's test says how it does.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::conformance::fixtures::user;
use crate::id::{NodeId, UserId};
use crate::presence::{LEASE, PresenceBus};

/// A little before or after.
const MARGIN: Duration = Duration::from_secs(2);

async fn node(bus: &dyn PresenceBus) -> NodeId {
    let (sender, _) = mpsc::channel(1);
    let id = NodeId::new();
    bus.attach(id, sender).await.unwrap();
    id
}

async fn is_online(bus: &dyn PresenceBus, name: &UserId) -> bool {
    let online = bus.online(std::slice::from_ref(name)).await.unwrap();
    online == std::slice::from_ref(name)
}

/// A lease that is not renewed ends by itself.
pub async fn a_lease_ends_when_it_is_not_renewed<F>(bus: &dyn PresenceBus, pass: F)
where
    F: AsyncFn(Duration),
{
    let (node, ada) = (node(bus).await, user("ada"));
    bus.renew(node, std::slice::from_ref(&ada)).await.unwrap();

    pass(LEASE - MARGIN).await;
    assert!(is_online(bus, &ada).await, "shortly before the end");
    pass(MARGIN * 2).await;
    assert!(!is_online(bus, &ada).await, "shortly after the end");

    bus.renew(node, std::slice::from_ref(&ada)).await.unwrap();
    assert!(is_online(bus, &ada).await, "taken again");
}

/// A renewal counts from its own moment.
pub async fn a_renewed_lease_goes_on<F>(bus: &dyn PresenceBus, pass: F)
where
    F: AsyncFn(Duration),
{
    let (node, ada) = (node(bus).await, user("ada"));
    for _ in 0..3 {
        bus.renew(node, std::slice::from_ref(&ada)).await.unwrap();
        pass(LEASE - MARGIN).await;
        assert!(is_online(bus, &ada).await);
    }
    pass(MARGIN * 2).await;
    assert!(!is_online(bus, &ada).await);
}

/// A node that is gone takes its own leases along, and nobody else's.
pub async fn a_user_stays_online_by_another_nodes_lease<F>(bus: &dyn PresenceBus, pass: F)
where
    F: AsyncFn(Duration),
{
    let (gone, alive) = (node(bus).await, node(bus).await);
    let (ada, bob) = (user("ada"), user("bob"));
    bus.renew(gone, &[ada.clone(), bob.clone()]).await.unwrap();
    pass(LEASE - MARGIN).await;
    bus.renew(alive, std::slice::from_ref(&ada)).await.unwrap();
    pass(MARGIN * 2).await;
    assert!(is_online(bus, &ada).await);
    assert!(!is_online(bus, &bob).await);
}
