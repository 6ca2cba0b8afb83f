//! Clauses about the first listing, without a cursor: what it takes, and what stays out for good.

use super::super::bench::Bench;
use super::super::letters::letter;
use super::observing::{list, raws};
use super::{left_out, within};
use crate::source::{MailSource, Scope};

/// `NewFromUnread` takes what is unread, then everything that arrives.
pub async fn a_first_run_takes_the_unread<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let letters: Vec<_> = ["one", "two", "three"].map(letter).into();
    for letter in &letters {
        bench.deliver(letter).await;
    }
    let mut expected = letters.clone();
    if bench.abilities().read_marks {
        bench.mark_seen(&letters[1]).await;
        expected.remove(1);
    }
    let (heads, cursor) = list(&mut source, &inbox, Scope::NewFromUnread, None, 1).await;
    assert_eq!(raws(&mut source, &inbox, &heads).await, expected);
    let new = letter("four");
    bench.deliver(&new).await;
    let (heads, _) = list(&mut source, &inbox, Scope::NewFromUnread, Some(&cursor), 1).await;
    assert_eq!(raws(&mut source, &inbox, &heads).await, [new]);
}

/// `NewFromAll` takes everything, read or not.
pub async fn a_first_run_takes_all<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let letters: Vec<_> = ["one", "two", "three"].map(letter).into();
    for letter in &letters {
        bench.deliver(letter).await;
        if bench.abilities().read_marks {
            bench.mark_seen(letter).await;
        }
    }
    let (heads, cursor) = list(&mut source, &inbox, Scope::NewFromAll, None, 2).await;
    assert_eq!(raws(&mut source, &inbox, &heads).await, letters);
    let (none, _) = list(&mut source, &inbox, Scope::NewFromAll, Some(&cursor), 2).await;
    assert!(none.is_empty());
}

/// `NewSince` takes what the server received on the day (UTC) or later, read or not, then everything that arrives.
pub async fn a_first_run_takes_those_since_a_day<B: Bench>(bench: &mut B) {
    if !bench.abilities().received_dates {
        return left_out("a first run takes those since a day", "the bench cannot set dates");
    }
    let mut source = bench.source();
    let inbox = bench.inbox();
    let dated = [
        ("long before", "2025-11-30T12:00:00Z"),
        ("the day before", "2026-01-04T12:00:00Z"),
        ("on the day", "2026-01-05T12:00:00Z"),
        ("after it", "2026-01-09T12:00:00Z"),
    ];
    for (name, received) in dated {
        bench.deliver_dated(&letter(name), received.parse().expect("a timestamp")).await;
    }
    if bench.abilities().read_marks {
        bench.mark_seen(&letter("after it")).await;
    }
    let scope = Scope::NewSince(jiff::civil::date(2026, 1, 5));
    let (heads, cursor) = list(&mut source, &inbox, scope, None, 1).await;
    assert_eq!(raws(&mut source, &inbox, &heads).await, ["on the day", "after it"].map(letter));
    let old = letter("older than all");
    bench.move_in(&old).await;
    let (heads, _) = list(&mut source, &inbox, scope, Some(&cursor), 1).await;
    assert_eq!(raws(&mut source, &inbox, &heads).await, [old], "what arrives later is new whatever its date");
}

/// `NewFromUnreadOrSince` takes what is unread or was received on the day (UTC) or later, then everything that arrives.
pub async fn a_first_run_takes_the_unread_and_those_since_a_day<B: Bench>(bench: &mut B) {
    let abilities = bench.abilities();
    if !abilities.received_dates || !abilities.read_marks {
        let why = "the bench cannot set dates, or the mailbox keeps no read marks";
        return left_out("a first run takes the unread and those since a day", why);
    }
    let mut source = bench.source();
    let inbox = bench.inbox();
    let dated = [
        ("old and read", "2025-11-29T12:00:00Z"),
        ("old and unread", "2025-11-30T12:00:00Z"),
        ("new and read", "2026-01-05T12:00:00Z"),
        ("new and unread", "2026-01-09T12:00:00Z"),
    ];
    for (name, received) in dated {
        bench.deliver_dated(&letter(name), received.parse().expect("a timestamp")).await;
    }
    for name in ["old and read", "new and read"] {
        bench.mark_seen(&letter(name)).await;
    }
    let scope = Scope::NewFromUnreadOrSince(jiff::civil::date(2026, 1, 5));
    let (heads, cursor) = list(&mut source, &inbox, scope, None, 1).await;
    let taken = ["old and unread", "new and read", "new and unread"].map(letter);
    assert_eq!(raws(&mut source, &inbox, &heads).await, taken);
    let new = letter("came since");
    bench.deliver(&new).await;
    let (heads, _) = list(&mut source, &inbox, scope, Some(&cursor), 1).await;
    assert_eq!(raws(&mut source, &inbox, &heads).await, [new]);
}

/// What the first run left out is not listed later, not even by a fresh source.
pub async fn what_the_first_run_left_out_stays_out<B: Bench>(bench: &mut B) {
    if !bench.abilities().read_marks {
        return left_out("what the first run left out stays out", "the mailbox keeps no read marks");
    }
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (read, unread) = (letter("read before"), letter("unread"));
    bench.deliver(&read).await;
    bench.mark_seen(&read).await;
    bench.deliver(&unread).await;
    let (heads, cursor) = list(&mut source, &inbox, Scope::NewFromUnread, None, 1).await;
    assert_eq!(raws(&mut source, &inbox, &heads).await, [unread]);
    let new = letter("new");
    bench.deliver(&new).await;
    let mut fresh = bench.source();
    let (heads, _) = list(&mut fresh, &inbox, Scope::NewFromUnread, Some(&cursor), 1).await;
    let found = raws(&mut fresh, &inbox, &heads).await;
    assert!(found.contains(&new) && !found.contains(&read), "{} messages listed", found.len());
}

/// Of what an inventory finds, exactly what the first run left out was there before it and is no gap: also for a fresh
/// source, and not what came since, however old it is.
pub async fn what_the_first_run_left_out_is_known<B: Bench>(bench: &mut B) {
    let abilities = bench.abilities();
    let day = jiff::civil::date(2026, 1, 5);
    let scope = match (abilities.read_marks, abilities.received_dates) {
        (true, _) => Scope::NewFromUnread,
        (false, true) => Scope::NewSince(day),
        _ => return left_out("what the first run left out is known", "it leaves nothing out"),
    };
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (out, taken, new) = (letter("out"), letter("taken"), letter("came since"));
    if abilities.read_marks {
        bench.deliver(&out).await;
        bench.mark_seen(&out).await;
    } else {
        bench.deliver_dated(&out, "2025-12-30T12:00:00Z".parse().expect("a timestamp")).await;
    }
    bench.deliver(&taken).await;
    let (heads, cursor) = list(&mut source, &inbox, scope, None, 1).await;
    assert_eq!(raws(&mut source, &inbox, &heads).await, [taken]);
    bench.move_in(&new).await;
    let (_, later) = list(&mut source, &inbox, scope, Some(&cursor), 1).await;
    for mut source in [source, bench.source()] {
        for cursor in [&cursor, &later] {
            let held = within("inventory", source.inventory(&inbox)).await.expect("inventory works");
            let bytes = raws(&mut source, &inbox, &held).await;
            assert_eq!(held.len(), 3);
            for (head, bytes) in held.iter().zip(&bytes) {
                let before = source.was_before_first_run(cursor, &head.id);
                assert!(*bytes != out || before, "it was left out, and counts as a gap");
                assert!(*bytes != new || !before, "it came since, and would not be missed");
            }
        }
    }
}
