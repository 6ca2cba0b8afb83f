//! SyncFolderItems: rounds, pages, states.

use crate::{ANN, Bench, sync};

#[tokio::test]
async fn a_first_round_comes_in_pages_and_later_rounds_tell_what_changed() {
    let bench = Bench::start().await;
    let ids: Vec<String> = ["m1", "m2", "m3", "m4", "m5"].map(|subject| bench.deliver(subject)).to_vec();
    let first = bench.call(&sync("", 3)).await;
    assert_eq!(first.all("Subject"), ["m5", "m4", "m3"]);
    assert_eq!(first.one("IncludesLastItemInRange"), "false");
    // What arrives in between is for the next round.
    let late = bench.deliver("late");
    let second = bench.call(&sync(&first.one("SyncState"), 3)).await;
    assert_eq!(second.all("Subject"), ["m2", "m1"]);
    assert_eq!(second.one("IncludesLastItemInRange"), "true");

    bench.server.mark_read(ANN, &ids[0]).unwrap();
    bench.server.relocate(ANN, &ids[1], "Archive").unwrap();
    bench.server.purge(ANN, &ids[2]).unwrap();
    bench.server.purge(ANN, &late).unwrap();
    bench.deliver("m6");
    let third = bench.call(&sync(&second.one("SyncState"), 512)).await;
    assert_eq!(third.all("Create").len(), 1);
    assert_eq!(third.all("Subject"), ["m6"], "what came and went was never there");
    assert_eq!(third.all("ReadFlagChange").len(), 1);
    assert_eq!(third.all("Delete").len(), 2);
    let fourth = bench.call(&sync(&third.one("SyncState"), 512)).await;
    assert_eq!(fourth.all("ItemId").len(), 0);
}

#[tokio::test]
async fn states_that_are_not_known_are_refused() {
    let bench = Bench::start().await;
    bench.deliver("m1");
    let state = bench.call(&sync("", 512)).await.one("SyncState");
    assert_eq!(bench.call(&sync(&state, 512)).await.codes(), ["NoError"]);
    let broken = bench.call(&sync("bm9uc2Vuc2U=", 512)).await;
    assert_eq!(broken.codes(), ["ErrorInvalidSyncStateData"]);
    bench.server.forget_sync_states(ANN).unwrap();
    let forgotten = bench.call(&sync(&state, 512)).await;
    assert_eq!((forgotten.status, forgotten.codes()), (200, vec!["ErrorInvalidSyncStateData".to_owned()]));
}
