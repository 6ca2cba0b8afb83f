//! Clauses about `discover` after the first run: complete, in order, nothing skipped.

use super::super::bench::Bench;
use super::super::letters::letter;
use super::left_out;
use super::observing::{delivered, ids, list, page, raws};
use crate::source::Scope;

/// An empty folder lists nothing, says so, and its cursor takes what arrives next.
pub async fn an_empty_folder_lists_nothing<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    for scope in [Scope::NewFromAll, Scope::NewFromUnread, Scope::Unseen] {
        let page = page(&mut source, &inbox, scope, None, 10).await;
        assert!(page.messages.is_empty() && !page.more && page.reset.is_none(), "{page:?}");
    }
    let (_, cursor) = list(&mut source, &inbox, Scope::NewFromUnread, None, 10).await;
    let first = letter("first");
    bench.deliver(&first).await;
    let (heads, _) = list(&mut source, &inbox, Scope::NewFromUnread, Some(&cursor), 10).await;
    assert_eq!(raws(&mut source, &inbox, &heads).await, [first]);
}

/// Everything is listed, in the order it arrived.
pub async fn lists_everything_oldest_first<B: Bench>(bench: &mut B) {
    in_pages_of(bench, 100, 25).await;
}

/// Pages of one message make the same whole.
pub async fn lists_completely_in_pages_of_one<B: Bench>(bench: &mut B) {
    in_pages_of(bench, 1, 5).await;
}

/// Pages of two messages make the same whole, also when the last is not full.
pub async fn lists_completely_in_pages_of_two<B: Bench>(bench: &mut B) {
    in_pages_of(bench, 2, 7).await;
}

async fn in_pages_of<B: Bench>(bench: &mut B, limit: usize, count: usize) {
    let letters: Vec<_> = (1..=count).map(|number| letter(&format!("p{number}"))).collect();
    for letter in &letters {
        bench.deliver(letter).await;
    }
    let inbox = bench.inbox();
    for scope in [Scope::NewFromAll, Scope::NewFromUnread, Scope::Unseen] {
        let mut source = bench.source();
        let (heads, _) = list(&mut source, &inbox, scope, None, limit).await;
        assert_eq!(raws(&mut source, &inbox, &heads).await, letters, "{scope:?}");
    }
    // A source for each page, as after a crash on each page: it ends, and skips nothing.
    let mut after = None;
    let mut seen = Vec::new();
    for _ in 0..=count.saturating_mul(2) {
        let mut source = bench.source();
        let page = page(&mut source, &inbox, Scope::NewFromAll, after.as_ref(), limit).await;
        seen.extend(raws(&mut source, &inbox, &page.messages).await);
        after = Some(page.cursor);
        if !page.more {
            assert_eq!(seen, letters, "a fresh source for each page");
            return;
        }
    }
    panic!("the listing never ends when each page is listed by a fresh source");
}

/// After the cursor only what is new is listed, by the same source.
pub async fn lists_only_what_is_new_after_the_cursor<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (_, _, mut cursor) = delivered(bench, &mut source, 3).await;
    for round in 0..3 {
        let (none, next) = list(&mut source, &inbox, Scope::NewFromAll, Some(&cursor), 10).await;
        assert!(none.is_empty(), "nothing arrived, yet {none:?} is new");
        let new = letter(&format!("new{round}"));
        bench.deliver(&new).await;
        let (heads, next) = list(&mut source, &inbox, Scope::NewFromAll, Some(&next), 10).await;
        assert_eq!(raws(&mut source, &inbox, &heads).await, [new]);
        cursor = next;
    }
}

/// A page that was lost is listed again from the cursor it was asked with, whatever was listed since.
pub async fn the_same_cursor_again_skips_nothing<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (all, _, _) = delivered(bench, &mut source, 4).await;
    let first = page(&mut source, &inbox, Scope::NewFromAll, None, 1).await;
    let again = page(&mut source, &inbox, Scope::NewFromAll, None, 1).await;
    assert_eq!(ids(&first.messages), ids(&again.messages));
    for _ in 0..2 {
        let (rest, _) = list(&mut source, &inbox, Scope::NewFromAll, Some(&first.cursor), 2).await;
        assert_eq!(ids(&rest), all[1..]);
    }
    let new = letter("later");
    bench.deliver(&new).await;
    let (rest, _) = list(&mut source, &inbox, Scope::NewFromAll, Some(&first.cursor), 2).await;
    assert_eq!(ids(&rest)[..3], all[1..]);
    assert_eq!(raws(&mut source, &inbox, &rest[3..]).await, [new]);
}

/// A cursor means the same to a fresh source: a restart skips nothing.
pub async fn a_fresh_source_goes_on_from_the_cursor<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (_, _, cursor) = delivered(bench, &mut source, 3).await;
    drop(source);
    let new = letter("after the restart");
    bench.deliver(&new).await;
    let mut source = bench.source();
    let (heads, cursor) = list(&mut source, &inbox, Scope::NewFromAll, Some(&cursor), 2).await;
    let found = raws(&mut source, &inbox, &heads).await;
    assert_eq!(found.last(), Some(&new));
    if bench.abilities().exact_across_sources {
        assert_eq!(found.len(), 1, "only what is new is listed");
    }
    let (none, _) = list(&mut source, &inbox, Scope::NewFromAll, Some(&cursor), 2).await;
    assert!(none.is_empty(), "all was listed, yet {none:?} is new");
}

/// Reconnecting changes no identity.
pub async fn identities_are_the_same_for_a_fresh_source<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (first, letters, _) = delivered(bench, &mut source, 3).await;
    drop(source);
    if bench.abilities().read_marks {
        bench.mark_seen(&letters[1]).await;
    }
    let mut source = bench.source();
    let (second, _) = list(&mut source, &inbox, Scope::NewFromAll, None, 10).await;
    assert_eq!(first, ids(&second));
}

/// What arrives while a listing is paged is listed, once; nothing else is skipped for it.
pub async fn mail_arriving_between_pages_is_listed_once<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let mut letters: Vec<_> = (1..=4).map(|number| letter(&format!("b{number}"))).collect();
    for letter in &letters {
        bench.deliver(letter).await;
    }
    let first = page(&mut source, &inbox, Scope::NewFromAll, None, 2).await;
    assert!(first.more);
    let late = letter("late");
    bench.deliver(&late).await;
    letters.push(late);
    let (rest, cursor) = list(&mut source, &inbox, Scope::NewFromAll, Some(&first.cursor), 2).await;
    // Whether the pass under way includes it or the next one does is up to the source.
    let (next, _) = list(&mut source, &inbox, Scope::NewFromAll, Some(&cursor), 2).await;
    let heads: Vec<_> = first.messages.into_iter().chain(rest).chain(next).collect();
    assert_eq!(raws(&mut source, &inbox, &heads).await, letters);
}

/// A message moved into the folder is new, however old it is.
pub async fn mail_moved_in_is_new_however_old<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (_, _, cursor) = delivered(bench, &mut source, 3).await;
    let old = letter("old");
    bench.move_in(&old).await;
    let (heads, _) = list(&mut source, &inbox, Scope::NewFromUnread, Some(&cursor), 10).await;
    assert_eq!(raws(&mut source, &inbox, &heads).await, std::slice::from_ref(&old));
    // Also for a source that never saw the folder without it.
    let mut source = bench.source();
    let (heads, _) = list(&mut source, &inbox, Scope::NewFromUnread, Some(&cursor), 10).await;
    assert!(raws(&mut source, &inbox, &heads).await.contains(&old));
}

/// "Everything new" does not care whether another client opened the message first.
pub async fn new_mail_read_by_somebody_else_is_still_new<B: Bench>(bench: &mut B) {
    if !bench.abilities().read_marks {
        return left_out("new mail read by somebody else is still new", "the mailbox keeps no read marks");
    }
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (_, _, cursor) = delivered(bench, &mut source, 2).await;
    let new = letter("opened elsewhere");
    bench.deliver(&new).await;
    bench.mark_seen(&new).await;
    for scope in [Scope::NewFromUnread, Scope::NewFromAll] {
        let (heads, _) = list(&mut source, &inbox, scope, Some(&cursor), 10).await;
        assert_eq!(raws(&mut source, &inbox, &heads).await, std::slice::from_ref(&new), "{scope:?}");
    }
    let mut fresh = bench.source();
    let (heads, _) = list(&mut fresh, &inbox, Scope::NewFromUnread, Some(&cursor), 10).await;
    assert!(raws(&mut fresh, &inbox, &heads).await.contains(&new), "a fresh source knows it too");
}

/// Scope `Unseen` lists what is unread now, on every pass, whatever was listed before.
pub async fn unseen_lists_the_unread_on_every_pass<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (mut unread, letters, _) = delivered(bench, &mut source, 5).await;
    let mut after = None;
    for letter in letters.iter().take(3) {
        let (heads, cursor) = list(&mut source, &inbox, Scope::Unseen, after.as_ref(), 2).await;
        assert_eq!(ids(&heads), unread);
        after = Some(cursor);
        if bench.abilities().read_marks {
            bench.mark_seen(letter).await;
            unread.remove(0);
        }
    }
    let new = letter("unread too");
    bench.deliver(&new).await;
    let (heads, _) = list(&mut source, &inbox, Scope::Unseen, after.as_ref(), 2).await;
    assert_eq!(heads.len(), unread.len() + 1);
    assert_eq!(raws(&mut source, &inbox, &heads).await.last(), Some(&new));
}

/// Changing the scope of a connector keeps its cursor: what is unread or arrived since is listed all the same.
pub async fn a_cursor_of_another_scope_loses_nothing<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (all, _, everything) = delivered(bench, &mut source, 3).await;
    let (heads, unseen) = list(&mut source, &inbox, Scope::Unseen, Some(&everything), 2).await;
    assert_eq!(ids(&heads), all, "what is unread is listed after a change to unseen");
    let new = letter("new");
    bench.deliver(&new).await;
    let (heads, _) = list(&mut source, &inbox, Scope::NewFromUnread, Some(&unseen), 2).await;
    assert_eq!(
        raws(&mut source, &inbox, &heads).await.last(),
        Some(&new),
        "what is new is listed after a change back"
    );
}
