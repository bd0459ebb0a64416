//! Histories made up and shrunk by proptest, against the model.

use chat_core::conformance::Ports;
use chat_core::conformance::model::{Op, run};
use chat_core::memory::MemoryStore;
use proptest::prelude::*;

fn op() -> impl Strategy<Value = Op> {
    let n = 0..8_u8;
    prop_oneof![
        4 => (n.clone(), n.clone(), n.clone()).prop_map(|(a, b, c)| Op::Send(a, b, c)),
        2 => (n.clone(), n.clone()).prop_map(|(a, b)| Op::Add(a, b)),
        1 => (n.clone(), n.clone()).prop_map(|(a, b)| Op::Remove(a, b)),
        1 => n.clone().prop_map(Op::Leave),
        1 => (n.clone(), n.clone(), n.clone()).prop_map(|(a, b, c)| Op::SetRole(a, b, c)),
        1 => (n, 0..16_u8).prop_map(|(a, b)| Op::Read(a, b)),
    ]
}

proptest! {
    #[test]
    fn any_history_is_what_the_model_says(history in prop::collection::vec(op(), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(&Ports::of(&MemoryStore::new()), &history));
    }
}
