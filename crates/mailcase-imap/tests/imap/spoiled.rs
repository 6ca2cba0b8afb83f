//! Messages a server cannot describe: they cost themselves and never the listing of the others.

use crate::quirks::signed_in;
use crate::support::{Got, fetch, inbox, secrets, short, source_at};
use mailcase_imap::ImapSource;
use mailcase_mail::{MailSource, RemoteHead, RemoteId, Scope, SourceError};
use mailcase_testbed::script::{Script, ScriptServer};
use serde_json::json;
use std::sync::Arc;

/// What the server does when a message that is spoiled is among those to be described.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoils {
    No,
    Bad,
    /// Describes those before it, then hangs up.
    HangUp,
    /// Hangs up without having described any.
    HangUpAtOnce,
    /// Describes those before it, then says nothing for ever.
    Silence,
}

/// A folder of `1..=count` in which `spoiled` cannot be described.
#[derive(Clone)]
pub(crate) struct Folder {
    count: u32,
    spoiled: Arc<[u32]>,
    how: Spoils,
    /// Whether bodies of spoiled messages are given.
    bodies: bool,
}

impl Folder {
    pub(crate) fn new(count: u32, spoiled: &[u32], how: Spoils) -> Self {
        Self { count, spoiled: spoiled.into(), how, bodies: true }
    }

    pub(crate) fn answer(&self, line: &str) -> Option<String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let all: Vec<u32> = (1..=self.count).collect();
        match words.get(1..)? {
            ["EXAMINE", ..] => Some(format!(
                "* {0} EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT {1}] ok\r\n{{tag}} OK done\r\n",
                self.count,
                self.count + 1
            )),
            ["UID", "SEARCH", "UID", set] => Some(search(&self.members(set))),
            ["UID", "SEARCH", ..] => Some(search(&all)),
            ["UID", "FETCH", set, "(UID)"] => {
                let named: String =
                    self.members(set).iter().map(|uid| format!("* {uid} FETCH (UID {uid})\r\n")).collect();
                Some(format!("{named}{{tag}} OK done\r\n"))
            }
            ["UID", "FETCH", set, "(UID", "FLAGS", ..] => self.describe(&self.members(set)),
            // In this folder numbers and UIDs are the same.
            ["FETCH", set, "(UID", "FLAGS", ..] => self.describe(&self.members(set)),
            ["UID", "FETCH", set, "(UID", body] if body.starts_with("BODY") => {
                Some(self.bodies(&self.members(set), body))
            }
            ["LOGOUT"] => None,
            _ => Some("{tag} BAD unknown\r\n".to_owned()),
        }
    }

    fn members(&self, set: &str) -> Vec<u32> {
        let number = |text: &str| if text == "*" { self.count } else { text.parse().unwrap() };
        let within = |uid: u32| {
            set.split(',').any(|part| {
                let (first, last) = part.split_once(':').unwrap_or((part, part));
                (number(first)..=number(last)).contains(&uid)
            })
        };
        (1..=self.count).filter(|&uid| within(uid)).collect()
    }

    fn describe(&self, uids: &[u32]) -> Option<String> {
        let described = |uids: &mut dyn Iterator<Item = &u32>| -> String {
            uids.map(|uid| format!("* {uid} FETCH (UID {uid} FLAGS () RFC822.SIZE 3)\r\n")).collect()
        };
        if !uids.iter().any(|uid| self.spoiled.contains(uid)) {
            return Some(described(&mut uids.iter()) + "{tag} OK done\r\n");
        }
        let before = described(&mut uids.iter().take_while(|uid| !self.spoiled.contains(uid)));
        match self.how {
            Spoils::No => Some("{tag} NO [SERVERBUG] internal error\r\n".to_owned()),
            Spoils::Bad => Some(before + "{tag} BAD internal error\r\n"),
            Spoils::Silence => Some(before),
            Spoils::HangUp if before.is_empty() => None,
            // A BYE without a reason is as good as hanging up.
            Spoils::HangUp => Some(before + "* BYE\r\n"),
            Spoils::HangUpAtOnce => None,
        }
    }

    fn bodies(&self, uids: &[u32], part: &str) -> String {
        let offset: usize = part.split(['<', '.']).nth(2).unwrap().parse().unwrap();
        let rest = "abc".get(offset..).unwrap();
        let given = uids.iter().filter(|uid| self.bodies || !self.spoiled.contains(uid));
        let bodies: String = given
            .map(|uid| format!("* {uid} FETCH (UID {uid} BODY[]<{offset}> {{{}}}\r\n{rest})\r\n", rest.len()))
            .collect();
        bodies + "{tag} OK done\r\n"
    }

    async fn serve(self) -> (ScriptServer, ImapSource) {
        let script = signed_in().respond(move |line| self.answer(line));
        let server = ScriptServer::start(vec![script]).await.unwrap();
        let source = source_at(server.port(), json!({}), &secrets("password", "pw")).with_deadlines(short());
        (server, source)
    }
}

fn search(uids: &[u32]) -> String {
    let uids: String = uids.iter().map(|uid| format!(" {uid}")).collect();
    format!("* SEARCH{uids}\r\n{{tag}} OK done\r\n")
}

fn ids(heads: &[RemoteHead]) -> Vec<u32> {
    heads.iter().map(|head| head.id.as_str().strip_prefix("1.").unwrap().parse().unwrap()).collect()
}

fn undescribed(heads: &[RemoteHead]) -> Vec<u32> {
    ids(&heads.iter().filter(|head| head.size.is_none()).cloned().collect::<Vec<_>>())
}

fn asked(server: &ScriptServer) -> usize {
    server.transcript().iter().filter(|line| line.contains("RFC822.SIZE")).count()
}

#[tokio::test]
async fn a_refused_message_does_not_stop_the_listing_of_the_others() {
    for how in [Spoils::No, Spoils::Bad] {
        let (server, mut source) = Folder::new(1000, &[3, 400, 1000], how).serve().await;
        let found = source.discover(&inbox(), Scope::NewFromAll, None, 5000).await.unwrap();
        assert_eq!(ids(&found.messages), (1..=1000).collect::<Vec<_>>());
        assert_eq!(undescribed(&found.messages), [3, 400, 1000]);
        assert!(asked(&server) < 100, "found by halving: {}", asked(&server));
        assert_eq!(server.connections(), 1);
        let held = source.inventory(&inbox()).await.unwrap();
        assert_eq!(held, found.messages);
    }
}

#[tokio::test]
async fn a_message_that_is_alone_and_refused_is_listed() {
    let (_server, mut source) = Folder::new(1, &[1], Spoils::No).serve().await;
    let found = source.discover(&inbox(), Scope::NewFromAll, None, 5000).await.unwrap();
    assert_eq!(undescribed(&found.messages), [1]);
}

#[tokio::test]
async fn when_everything_is_refused_the_listing_fails_soon() {
    let every: Vec<u32> = (1..=1000).collect();
    let (server, mut source) = Folder::new(1000, &every, Spoils::No).serve().await;
    let error = source.discover(&inbox(), Scope::NewFromAll, None, 5000).await.unwrap_err();
    assert!(matches!(error, SourceError::Refused { .. }), "{error:?}");
    assert!(asked(&server) < 60, "{}", asked(&server));
    let error = source.inventory(&inbox()).await.unwrap_err();
    assert!(matches!(error, SourceError::Refused { .. }), "{error:?}");
}

#[tokio::test]
async fn many_refused_messages_cost_a_bounded_number_of_questions() {
    let even: Vec<u32> = (1..=1000).filter(|uid| uid % 2 == 0).collect();
    let (server, mut source) = Folder::new(1000, &even, Spoils::No).serve().await;
    let found = source.discover(&inbox(), Scope::NewFromAll, None, 5000).await.unwrap();
    assert_eq!(ids(&found.messages), (1..=1000).collect::<Vec<_>>());
    assert!(asked(&server) < 500, "{}", asked(&server));
}

#[tokio::test]
async fn a_message_over_which_the_server_hangs_up_does_not_stop_the_listing() {
    for how in [Spoils::HangUp, Spoils::HangUpAtOnce, Spoils::Silence] {
        let (server, mut source) = Folder::new(9, &[4], how).serve().await;
        let found = source.discover(&inbox(), Scope::NewFromAll, None, 5000).await.unwrap();
        assert_eq!(ids(&found.messages), (1..=9).collect::<Vec<_>>());
        assert_eq!(undescribed(&found.messages), [4]);
        assert_eq!(server.connections() > 2, how == Spoils::HangUpAtOnce, "{}", server.connections());
        let held = source.inventory(&inbox()).await.unwrap();
        assert_eq!(ids(&held), ids(&found.messages));
    }
}

#[tokio::test]
async fn a_server_that_always_hangs_up_fails_the_listing() {
    let every: Vec<u32> = (1..=99).collect();
    let (server, mut source) = Folder::new(99, &every, Spoils::HangUp).serve().await;
    let error = source.discover(&inbox(), Scope::NewFromAll, None, 5000).await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
    assert!(server.connections() <= 16, "{}", server.connections());
}

#[tokio::test]
async fn one_message_among_thousands_is_found() {
    for spoiled in [1, 2500, 5000] {
        let (server, mut source) = Folder::new(5000, &[spoiled], Spoils::HangUpAtOnce).serve().await;
        let found = source.discover(&inbox(), Scope::NewFromAll, None, 5000).await.unwrap();
        assert_eq!(found.messages.len(), 5000);
        assert_eq!(undescribed(&found.messages), [spoiled]);
        assert!(server.connections() <= 15, "{}", server.connections());
    }
}

#[tokio::test]
async fn the_unread_are_described_once_and_listed_every_time() {
    let (server, mut source) = Folder::new(9, &[4], Spoils::HangUp).serve().await;
    let first = source.discover(&inbox(), Scope::Unseen, None, 5000).await.unwrap();
    assert_eq!(undescribed(&first.messages), [4]);
    let (asked_once, connections) = (asked(&server), server.connections());
    let again = source.discover(&inbox(), Scope::Unseen, Some(&first.cursor), 5000).await.unwrap();
    assert_eq!(ids(&again.messages), (1..=9).collect::<Vec<_>>());
    assert_eq!((asked(&server), server.connections()), (asked_once, connections));
}

#[tokio::test]
async fn a_message_that_cannot_be_described_is_fetched_or_blamed_alone() {
    let mut folder = Folder::new(5, &[2], Spoils::No);
    let wanted: Vec<RemoteId> = (1..=5).map(|uid| RemoteId::new(format!("1.{uid}"))).collect();
    let (_server, mut source) = folder.clone().serve().await;
    let (result, got) = fetch(&mut source, &inbox(), &wanted).await;
    result.unwrap();
    assert!(got.values().all(|got| *got == Got::Raw(b"abc".to_vec())), "{got:?}");
    folder.bodies = false;
    let (_server, mut source) = folder.serve().await;
    let (result, got) = fetch(&mut source, &inbox(), &wanted).await;
    result.unwrap();
    for id in &wanted {
        assert_eq!(matches!(got[id], Got::Unreadable(_)), id.as_str() == "1.2", "{id}: {:?}", got[id]);
    }
}

#[tokio::test]
async fn a_folder_that_began_another_life_meanwhile_is_not_mixed_up() {
    let first = signed_in().respond(|line| {
        Some(match line.split_whitespace().collect::<Vec<_>>().get(1..)? {
            ["EXAMINE", ..] => {
                "* 2 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 3] ok\r\n{tag} OK done\r\n".to_owned()
            }
            ["UID", "SEARCH", ..] => search(&[1, 2]),
            _ => return None,
        })
    });
    let second = signed_in()
        .expect("EXAMINE")
        .reply("* 2 EXISTS\r\n* OK [UIDVALIDITY 2] ok\r\n* OK [UIDNEXT 3] ok\r\n{tag} OK done\r\n")
        .hang();
    let server = ScriptServer::start(vec![first, second]).await.unwrap();
    let mut source = source_at(server.port(), json!({}), &secrets("password", "pw")).with_deadlines(short());
    let error = source.discover(&inbox(), Scope::NewFromUnread, None, 10).await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
    server.assert_followed().unwrap();
}

#[test]
fn scripts_can_respond() {
    let folder = Folder::new(3, &[], Spoils::No);
    assert_eq!(folder.members("1,3:*"), [1, 3]);
    assert!(matches!(Script::new().respond(move |line| folder.answer(line)), Script { .. }));
}

/// The commands since the server was last asked, by their first words.
fn commands_since(server: &ScriptServer, before: usize) -> Vec<String> {
    let words = |line: &String| line.split_whitespace().skip(1).take(2).collect::<Vec<_>>().join(" ");
    server.transcript().iter().skip(before).map(words).collect()
}

#[tokio::test]
async fn a_poll_of_a_large_folder_asks_only_for_what_is_new() {
    const MANY: u32 = 200_000;
    let (server, mut source) = Folder::new(MANY, &[], Spoils::No).serve().await;
    let cursor = {
        let mut cursor = None;
        loop {
            let page = source.discover(&inbox(), Scope::NewFromAll, cursor.as_ref(), 50_000).await.unwrap();
            cursor = Some(page.cursor);
            if !page.more {
                break cursor;
            }
        }
    };
    assert!(cursor.as_ref().unwrap().as_str().len() < 200);
    let before = server.transcript().len();
    let page = source.discover(&inbox(), Scope::NewFromAll, cursor.as_ref(), 50_000).await.unwrap();
    assert!(page.messages.is_empty());
    assert_eq!(commands_since(&server, before), ["EXAMINE \"INBOX\""]);
}

#[tokio::test]
async fn a_poll_for_unread_mail_describes_only_what_is_new() {
    const MANY: u32 = 20_000;
    let (server, mut source) = Folder::new(MANY, &[], Spoils::No).serve().await;
    let mut cursor = None;
    for pass in 0..2 {
        let before = server.transcript().len();
        let mut listed = 0;
        loop {
            let page = source.discover(&inbox(), Scope::Unseen, cursor.as_ref(), 5_000).await.unwrap();
            listed += page.messages.len();
            cursor = Some(page.cursor);
            if !page.more {
                break;
            }
        }
        assert_eq!(listed, 20_000);
        let commands = commands_since(&server, before);
        let count = |word: &str| commands.iter().filter(|command| **command == word).count();
        assert_eq!((count("UID SEARCH"), count("UID FETCH")), (1, if pass == 0 { 4 } else { 0 }));
    }
}
