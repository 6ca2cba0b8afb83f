//! What is listed when the server loses the thread, and when a folder is large.

use crate::support::{ANN, World, ids, inbox, list};
use mailcase_mail::testkit::letter;
use mailcase_mail::{FolderPath, Interrupt, MailSource, RemoteId, Scope, Wake};
use mailcase_testbed::ews::{EwsOptions, Fault};
use std::time::Duration;
use tokio::time::Instant;

/// The names of letters in the order listed.
async fn names(world: &World, found: &[RemoteId]) -> Vec<String> {
    let mut source = world.source();
    let (result, got) = crate::support::fetch(&mut source, found).await;
    result.unwrap();
    let name = |id: &RemoteId| match got.get(id) {
        Some(crate::support::Got::Raw(raw)) => {
            let text = String::from_utf8(raw.clone()).unwrap();
            text.split_once('<').unwrap().1.split_once('@').unwrap().0.to_owned()
        }
        other => panic!("{other:?}"),
    };
    found.iter().map(name).collect()
}

#[tokio::test]
async fn forgotten_states_lose_nothing_and_bring_nothing_back_that_was_left_out() {
    let world = World::start().await;
    let left_out = world.deliver("read before");
    world.server.mark_read(ANN, &left_out).unwrap();
    world.deliver("known");
    let mut source = world.source();
    let (heads, cursor) = list(&mut source, Scope::NewFromUnread, None, 10).await;
    assert_eq!(names(&world, &ids(&heads)).await, ["known"]);
    world.deliver("came while nobody listened");
    world.server.forget_sync_states(ANN).unwrap();
    for mut source in [source, world.source()] {
        let (again, next) = list(&mut source, Scope::NewFromUnread, Some(&cursor), 1).await;
        assert_eq!(names(&world, &ids(&again)).await, ["known", "came while nobody listened"]);
        assert_eq!(again[0].id, heads[0].id, "its identity stays, so that it is recognised");
        let (none, _) = list(&mut source, Scope::NewFromUnread, Some(&next), 1).await;
        assert!(none.is_empty());
    }
    assert!(world.server.asked().iter().any(|asked| asked.code == "ErrorInvalidSyncStateData"));
}

#[tokio::test]
async fn a_state_that_ends_in_the_middle_of_a_round_is_no_end() {
    let world = World::with(EwsOptions { sync_page: 2, ..EwsOptions::default() }).await;
    let mut source = world.source();
    let (_, cursor) = list(&mut source, Scope::NewFromAll, None, 10).await;
    for n in 0..5 {
        world.deliver(&format!("m{n}"));
    }
    let first = source.discover(&inbox(), Scope::NewFromAll, Some(&cursor), 2).await.unwrap();
    assert!(first.more);
    world.server.forget_sync_states(ANN).unwrap();
    let (rest, _) = list(&mut source, Scope::NewFromAll, Some(&first.cursor), 2).await;
    let mut found = [ids(&first.messages), ids(&rest)].concat();
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 5);
    // And in the middle of a first pass, which begins anew.
    world.server.plan_fault("SyncFolderItems", 1, 1, Fault::item(0, "ErrorInvalidSyncStateData"));
    let (heads, _) = list(&mut world.source(), Scope::NewFromAll, None, 10).await;
    assert_eq!(heads.len(), 5);
}

#[tokio::test]
async fn what_was_left_out_stays_out_whatever_happens_to_it_but_not_when_it_comes_back() {
    let world = World::start().await;
    let old = world.deliver("old");
    world.server.mark_read(ANN, &old).unwrap();
    let mut source = world.source();
    let (none, cursor) = list(&mut source, Scope::NewFromUnread, None, 10).await;
    assert!(none.is_empty());
    world.server.mark_read(ANN, &old).unwrap();
    let (none, cursor) = list(&mut source, Scope::NewFromUnread, Some(&cursor), 10).await;
    assert!(none.is_empty(), "a change to an old message is no new message");
    world.server.relocate(ANN, &old, "Archive").unwrap();
    let (none, cursor) = list(&mut source, Scope::NewFromUnread, Some(&cursor), 10).await;
    assert!(none.is_empty());
    world.server.relocate(ANN, &old, "Inbox").unwrap();
    let (heads, _) = list(&mut source, Scope::NewFromUnread, Some(&cursor), 10).await;
    assert_eq!(names(&world, &ids(&heads)).await, ["old"], "moved in, it is new however old it is");
}

#[tokio::test]
async fn many_messages_of_the_same_second_are_all_listed() {
    let world = World::with(EwsOptions { find_page: 4, sync_page: 4, ..EwsOptions::default() }).await;
    let moment = "2026-01-05T10:00:00Z".parse().unwrap();
    for n in 0..30 {
        world.server.deliver(ANN, "Inbox", &letter(&format!("m{n}")), moment).unwrap();
    }
    for scope in [Scope::NewFromAll, Scope::Unseen] {
        let (heads, _) = list(&mut world.source(), scope, None, 7).await;
        let mut found = ids(&heads);
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 30, "{scope:?}");
    }
}

#[tokio::test]
async fn another_folder_at_the_same_path_is_said_and_listed_anew() {
    let world = World::start().await;
    let folder = FolderPath::new("Reports");
    world.server.add_folder(ANN, "Reports").unwrap();
    let deliver = |name: &str| {
        world.server.deliver(ANN, "Reports", &letter(name), world.next_second()).unwrap();
    };
    deliver("before");
    let mut source = world.source();
    let page = source.discover(&folder, Scope::NewFromAll, None, 10).await.unwrap();
    assert_eq!(page.messages.len(), 1);
    world.server.remove_folder(ANN, "Reports").unwrap();
    let error = source.discover(&folder, Scope::NewFromAll, Some(&page.cursor), 10).await.unwrap_err();
    assert_eq!(error.code(), "folder_not_found");
    world.server.add_folder(ANN, "Reports").unwrap();
    deliver("after");
    let page = source.discover(&folder, Scope::NewFromAll, Some(&page.cursor), 10).await.unwrap();
    assert!(page.reset.is_some());
    assert_eq!(names(&world, &ids(&page.messages)).await, ["after"]);
    let page = source.discover(&folder, Scope::NewFromAll, Some(&page.cursor), 10).await.unwrap();
    assert_eq!((page.reset, page.messages.len()), (None, 0));
}

#[tokio::test]
async fn five_thousand_messages_are_listed_once_and_in_few_requests() {
    let world = World::start().await;
    for n in 0..5_000 {
        world.deliver(&format!("m{n}"));
    }
    let mut source = world.source();
    let (heads, cursor) = list(&mut source, Scope::NewFromAll, None, 2_000).await;
    assert!(heads.is_sorted_by_key(|head| head.received), "oldest first");
    let mut found = ids(&heads);
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 5_000);
    assert_eq!(world.server.count("SyncFolderItems"), 11, "pages of 512, and what came meanwhile");
    assert_eq!(source.inventory(&inbox()).await.unwrap().len(), 5_000);
    world.deliver("last");
    let before = world.server.asked().len();
    let (heads, _) = list(&mut source, Scope::NewFromAll, Some(&cursor), 2_000).await;
    assert_eq!((heads.len(), world.server.asked().len() - before), (1, 1), "one request finds it");
}

#[tokio::test]
async fn a_round_that_breaks_off_gives_what_it_found_and_then_says_so() {
    let world = World::with(EwsOptions { sync_page: 3, ..EwsOptions::default() }).await;
    let mut source = world.source();
    let (_, cursor) = list(&mut source, Scope::NewFromAll, None, 10).await;
    for n in 0..8 {
        world.deliver(&format!("m{n}"));
    }
    let long = || Fault::busy(Duration::from_secs(600));
    world.server.plan_fault("SyncFolderItems", 1, 1, long());
    let page = source.discover(&inbox(), Scope::NewFromAll, Some(&cursor), 100).await.unwrap();
    assert_eq!((page.messages.len(), page.more), (3, true));
    world.server.plan_fault("SyncFolderItems", 0, 1, long());
    let error = source.discover(&inbox(), Scope::NewFromAll, Some(&page.cursor), 100).await.unwrap_err();
    assert_eq!(error.code(), "throttled");
    let (rest, _) = list(&mut source, Scope::NewFromAll, Some(&page.cursor), 100).await;
    assert_eq!(rest.len(), 5);
}

#[tokio::test]
async fn what_another_source_left_out_stays_out() {
    let world = World::start().await;
    world.deliver("old");
    world.deliver("new");
    let mut source = world.source();
    let listed = source.discover(&inbox(), Scope::NewFromAll, None, 10).await.unwrap();
    let [old, new] = <[RemoteId; 2]>::try_from(ids(&listed.messages)).unwrap();
    assert!(!source.was_before_first_run(&listed.cursor, &old));
    let cursor = source.leaving_out(&listed.cursor, std::slice::from_ref(&old));
    assert!(source.was_before_first_run(&cursor, &old) && !source.was_before_first_run(&cursor, &new));
    world.deliver("newest");
    world.server.forget_sync_states(ANN).unwrap();
    let next = source.discover(&inbox(), Scope::NewFromUnread, Some(&cursor), 10).await.unwrap();
    assert_eq!(names(&world, &ids(&next.messages)).await, ["new", "newest"]);
    assert!(source.was_before_first_run(&next.cursor, &old));
}

#[tokio::test]
async fn a_wait_survives_what_happens_to_its_stream() {
    let minute = Duration::from_millis(20);
    let world = World::with(EwsOptions { minute, ..EwsOptions::default() }).await;
    let mut source = world.source();
    let (_, mut cursor) = list(&mut source, Scope::NewFromAll, None, 10).await;
    for (n, hurt) in [0, 1, 2].into_iter().enumerate() {
        let interrupt = Interrupt::default();
        let until = Instant::now() + Duration::from_secs(60);
        let folders = [inbox()];
        let waiting = source.wait(&folders, until, &interrupt);
        let before = world.server.count("GetStreamingEvents");
        let disturbing = async {
            // The stream is there.
            while world.server.count("GetStreamingEvents") == before {
                tokio::task::yield_now().await;
            }
            match hurt {
                0 => world.server.cut_connections(),
                1 => world.server.forget_subscriptions(),
                _ => {}
            }
            world.deliver(&format!("n{n}"));
        };
        let (wake, ()) = tokio::join!(waiting, disturbing);
        assert_eq!(wake.unwrap(), Wake::Changed, "{hurt}");
        let (heads, next) = list(&mut source, Scope::NewFromAll, Some(&cursor), 10).await;
        assert_eq!(heads.len(), 1);
        cursor = next;
    }
}
