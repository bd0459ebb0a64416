//! Histories made up and shrunk by proptest, against the model.

use chat_core::conformance::Ports;
use chat_core::conformance::model::{Op, run};
use chat_core::memory::MemoryStore;
use proptest::prelude::*;

fn op() -> impl Strategy<Value = Op> {
    let who = 0..4_u8;
    let pair = (who.clone(), who.clone());
    let seq = 0..12_u8;
    prop_oneof![
        4 => (who.clone(), 0..3_u8, 0..8_u8).prop_map(|(a, b, c)| Op::Send(a, b, c)),
        2 => (who.clone(), who.clone(), 0..8_u8).prop_map(|(a, b, c)| Op::Batch(a, b, c)),
        1 => (who.clone(), 0..3_u8).prop_map(|(a, b)| Op::Rename(a, b)),
        3 => pair.clone().prop_map(|(a, b)| Op::Add(a, b)),
        1 => pair.prop_map(|(a, b)| Op::Remove(a, b)),
        1 => who.clone().prop_map(Op::Leave),
        1 => (who.clone(), who.clone(), 0..3_u8).prop_map(|(a, b, c)| Op::SetRole(a, b, c)),
        1 => (who.clone(), seq.clone()).prop_map(|(a, b)| Op::Deliver(a, b)),
        1 => (who.clone(), seq.clone()).prop_map(|(a, b)| Op::Read(a, b)),
        2 => (who.clone(), seq.clone(), 0..2_u8).prop_map(|(a, b, c)| Op::Edit(a, b, c)),
        1 => (who.clone(), seq.clone()).prop_map(|(a, b)| Op::Delete(a, b)),
        3 => (who.clone(), seq.clone(), 0..3_u8).prop_map(|(a, b, c)| Op::React(a, b, c)),
        1 => (who, seq, 0..3_u8).prop_map(|(a, b, c)| Op::Unreact(a, b, c)),
    ]
}

proptest! {
    #[test]
    fn any_history_is_what_the_model_says(history in prop::collection::vec(op(), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(&Ports::of(&MemoryStore::new()), &history));
    }
}
