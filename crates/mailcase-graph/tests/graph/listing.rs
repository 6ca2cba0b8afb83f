//! What is listed when the server loses the thread, and when a folder is large.

use crate::support::{ANN, World, ids, inbox, list};
use mailcase_mail::testkit::letter;
use mailcase_mail::{MailSource, RemoteId, Scope};
use mailcase_testbed::graph::{Fault, GraphOptions};

#[tokio::test]
async fn forgotten_tokens_lose_nothing_and_bring_nothing_back_that_was_left_out() {
    let world = World::start().await;
    let left_out = world.deliver("read before");
    world.server.mark_read(ANN, left_out.as_str()).unwrap();
    let known = world.deliver("known");
    let mut source = world.source();
    let (heads, cursor) = list(&mut source, Scope::NewFromUnread, None, 10).await;
    assert_eq!(ids(&heads), std::slice::from_ref(&known));
    let new = world.deliver("came while nobody listened");
    world.server.forget_delta_tokens(ANN).unwrap();
    for mut source in [source, world.source()] {
        let (heads, next) = list(&mut source, Scope::NewFromUnread, Some(&cursor), 1).await;
        assert_eq!(ids(&heads), [known.clone(), new.clone()], "what it knew and what is new, oldest first");
        let (none, _) = list(&mut source, Scope::NewFromUnread, Some(&next), 1).await;
        assert!(none.is_empty());
    }
    assert!(world.statuses("/messages/delta").contains(&410));
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_of_a_round_is_no_end() {
    let world = World::with(GraphOptions { page_max: 2, ..GraphOptions::default() }).await;
    let mut source = world.source();
    let (_, cursor) = list(&mut source, Scope::NewFromAll, None, 10).await;
    let all: Vec<RemoteId> = (0..5).map(|n| world.deliver(&format!("m{n}"))).collect();
    let first = source.discover(&inbox(), Scope::NewFromAll, Some(&cursor), 2).await.unwrap();
    assert!(first.more);
    world.server.forget_delta_tokens(ANN).unwrap();
    let (rest, _) = list(&mut source, Scope::NewFromAll, Some(&first.cursor), 2).await;
    let mut found = [ids(&first.messages), ids(&rest)].concat();
    found.sort();
    found.dedup();
    let mut expected = all;
    expected.sort();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_link_that_vanishes_now_and_then_is_asked_for_again() {
    let world = World::start().await;
    let first = world.deliver("first");
    world.server.plan_fault("/messages/delta", 0, 1, Fault::NoLink);
    let mut source = world.source();
    let (heads, cursor) = list(&mut source, Scope::NewFromAll, None, 10).await;
    assert_eq!(ids(&heads), [first]);
    let second = world.deliver("second");
    world.server.plan_fault("/messages/delta", 0, 1, Fault::NoLink);
    let (heads, _) = list(&mut source, Scope::NewFromAll, Some(&cursor), 10).await;
    assert_eq!(ids(&heads), [second], "nothing twice");
    assert_eq!(world.statuses("$orderby"), Vec::<u16>::new(), "no list was needed");
}

#[tokio::test]
async fn where_links_always_vanish_lists_find_everything_once() {
    let world = World::with(GraphOptions { page_max: 2, ..GraphOptions::default() }).await;
    world.server.plan_fault("/messages/delta", 0, usize::MAX, Fault::NoLink);
    let mut expected: Vec<RemoteId> = (0..7).map(|n| world.deliver(&format!("m{n}"))).collect();
    let mut cursor = None;
    let mut found = Vec::new();
    for round in 0..4 {
        // A fresh source each time: what is known is in the cursor.
        let (heads, next) = list(&mut world.source(), Scope::NewFromAll, cursor.as_ref(), 3).await;
        found.extend(ids(&heads));
        assert_eq!(found, expected, "nothing twice, nothing missing");
        cursor = Some(next);
        expected.push(world.deliver(&format!("late {round}")));
    }
    // Deltas are back: still nothing twice.
    world.server.clear_faults();
    for _ in 0..2 {
        let (heads, next) = list(&mut world.source(), Scope::NewFromAll, cursor.as_ref(), 3).await;
        found.extend(ids(&heads));
        assert_eq!(found, expected);
        cursor = Some(next);
    }
}

#[tokio::test]
async fn used_up_quota_is_no_reason_to_see_nothing() {
    let world = World::start().await;
    let mut source = world.source();
    let (_, cursor) = list(&mut source, Scope::NewFromAll, None, 10).await;
    let new = world.deliver("new");
    world.server.plan_fault("/messages/delta", 0, usize::MAX, Fault::error(403, "ErrorQuotaExceeded"));
    let (heads, cursor) = list(&mut source, Scope::NewFromAll, Some(&cursor), 10).await;
    assert_eq!(ids(&heads), [new]);
    let (none, _) = list(&mut source, Scope::NewFromAll, Some(&cursor), 10).await;
    assert!(none.is_empty());
}

#[tokio::test]
async fn what_was_left_out_stays_out_whatever_happens_to_it_but_not_when_it_comes_back() {
    let world = World::start().await;
    world.server.add_folder(ANN, "Other").unwrap();
    let old = world.deliver("old");
    world.server.mark_read(ANN, old.as_str()).unwrap();
    let mut source = world.source();
    let (none, cursor) = list(&mut source, Scope::NewFromUnread, None, 10).await;
    assert!(none.is_empty());
    // Somebody looks at it again.
    world.server.mark_read(ANN, old.as_str()).unwrap();
    let (none, cursor) = list(&mut source, Scope::NewFromUnread, Some(&cursor), 10).await;
    assert!(none.is_empty(), "a change to an old message is no new message");
    world.server.relocate(ANN, old.as_str(), "Other").unwrap();
    let (none, cursor) = list(&mut source, Scope::NewFromUnread, Some(&cursor), 10).await;
    assert!(none.is_empty());
    world.server.relocate(ANN, old.as_str(), "Inbox").unwrap();
    let (heads, _) = list(&mut source, Scope::NewFromUnread, Some(&cursor), 10).await;
    assert_eq!(ids(&heads), [old], "moved in, it is new however old it is");
}

#[tokio::test]
async fn a_server_that_gives_more_than_it_is_asked_for_is_listed_in_parts() {
    let world = World::start().await;
    let mut source = world.source();
    let (_, mut cursor) = list(&mut source, Scope::NewFromAll, None, 10).await;
    let expected: Vec<RemoteId> = (0..12).map(|n| world.deliver(&format!("m{n}"))).collect();
    let mut found = Vec::new();
    loop {
        // A fresh source each time: nothing may depend on its memory.
        let page = world.source().discover(&inbox(), Scope::NewFromAll, Some(&cursor), 5).await.unwrap();
        assert!(page.messages.len() <= 5);
        found.extend(ids(&page.messages));
        cursor = page.cursor;
        if !page.more {
            break;
        }
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn many_messages_of_the_same_second_are_all_listed() {
    let world = World::with(GraphOptions { page_max: 4, delta: false, ..GraphOptions::default() }).await;
    let moment = "2026-01-05T10:00:00Z".parse().unwrap();
    let mut expected: Vec<RemoteId> = (0..30)
        .map(|n| {
            RemoteId::new(world.server.deliver(ANN, "Inbox", &letter(&format!("m{n}")), moment).unwrap())
        })
        .collect();
    expected.sort();
    for scope in [Scope::NewFromAll, Scope::Unseen] {
        let (heads, _) = list(&mut world.source(), scope, None, 7).await;
        let mut found = ids(&heads);
        found.sort();
        assert_eq!(found, expected, "{scope:?}");
    }
}

#[tokio::test]
async fn another_folder_at_the_same_path_is_said_and_listed_anew() {
    let world = World::start().await;
    let folder = mailcase_mail::FolderPath::new("Reports");
    world.server.add_folder(ANN, "Reports").unwrap();
    let deliver = |name: &str| {
        RemoteId::new(world.server.deliver(ANN, "Reports", &letter(name), world.next_second()).unwrap())
    };
    deliver("before");
    let mut source = world.source();
    let page = source.discover(&folder, Scope::NewFromAll, None, 10).await.unwrap();
    assert_eq!(page.messages.len(), 1);
    world.server.remove_folder(ANN, "Reports").unwrap();
    let error = source.discover(&folder, Scope::NewFromAll, Some(&page.cursor), 10).await.unwrap_err();
    assert_eq!(error.code(), "folder_not_found");
    world.server.add_folder(ANN, "Reports").unwrap();
    let after = deliver("after");
    let page = source.discover(&folder, Scope::NewFromAll, Some(&page.cursor), 10).await.unwrap();
    assert!(page.reset.is_some());
    assert_eq!(ids(&page.messages), [after]);
    let page = source.discover(&folder, Scope::NewFromAll, Some(&page.cursor), 10).await.unwrap();
    assert_eq!((page.reset, page.messages.len()), (None, 0));
}

#[tokio::test]
async fn ten_thousand_messages_are_listed_once_and_in_few_requests() {
    let world = World::start().await;
    let expected: Vec<RemoteId> = (0..10_000).map(|n| world.deliver(&format!("m{n}"))).collect();
    let mut source = world.source();
    let (heads, cursor) = list(&mut source, Scope::NewFromAll, None, 5_000).await;
    assert!(ids(&heads) == expected, "all, oldest first");
    assert!(world.server.asked().len() < 30, "{} requests", world.server.asked().len());
    assert!(cursor.as_str().len() < 2_000, "a finished pass leaves a short cursor");
    assert_eq!(source.inventory(&inbox()).await.unwrap().len(), 10_000);
    let last = world.deliver("last");
    let before = world.server.asked().len();
    let (heads, _) = list(&mut source, Scope::NewFromAll, Some(&cursor), 5_000).await;
    assert_eq!((ids(&heads), world.server.asked().len() - before), (vec![last], 1), "one request finds it");
}

#[tokio::test]
async fn a_round_that_breaks_off_gives_what_it_found_and_then_says_so() {
    let world = World::with(GraphOptions { page_max: 3, ..GraphOptions::default() }).await;
    let mut source = world.source();
    let (_, cursor) = list(&mut source, Scope::NewFromAll, None, 10).await;
    let all: Vec<RemoteId> = (0..8).map(|n| world.deliver(&format!("m{n}"))).collect();
    world.server.plan_fault("/messages/delta", 1, 1, Fault::throttled(429, "600"));
    let page = source.discover(&inbox(), Scope::NewFromAll, Some(&cursor), 100).await.unwrap();
    assert_eq!((ids(&page.messages), page.more), (all[..3].to_vec(), true));
    world.server.plan_fault("/messages/delta", 0, 1, Fault::throttled(429, "600"));
    let error = source.discover(&inbox(), Scope::NewFromAll, Some(&page.cursor), 100).await.unwrap_err();
    assert_eq!(error.code(), "throttled");
    let (rest, _) = list(&mut source, Scope::NewFromAll, Some(&page.cursor), 100).await;
    assert_eq!(ids(&rest), all[3..]);
}

#[tokio::test]
async fn what_is_kept_in_mind_of_one_folder_does_not_get_into_another() {
    let world = World::start().await;
    world.server.add_folder(ANN, "Other").unwrap();
    for n in 0..6 {
        world.deliver(&format!("m{n}"));
    }
    let other = mailcase_mail::FolderPath::new("Other");
    let id = world.server.deliver(ANN, "Other", &letter("other"), world.next_second()).unwrap();
    let mut source = world.source();
    let first = source.discover(&inbox(), Scope::NewFromAll, None, 2).await.unwrap();
    assert!(first.more);
    let unseen = source.discover(&other, Scope::Unseen, None, 10).await.unwrap();
    let new = source.discover(&other, Scope::NewFromUnread, Some(&unseen.cursor), 10).await.unwrap();
    assert_eq!(ids(&new.messages), [RemoteId::new(id)]);
    let (rest, _) = list(&mut source, Scope::NewFromAll, Some(&first.cursor), 10).await;
    assert_eq!(rest.len(), 4);
}
