//! The first bytes of messages a search finds unwanted.
//!
//! Searches differ from server to server: by characters or by words, in what is decoded or in what is not. So a search
//! only chooses whose first bytes are fetched; and it asks for the unwanted, so that one that finds nothing costs
//! nothing but time.

use crate::cursor::{parse_remote_id, remote_id};
use crate::refusal::{asks_for_patience, broken, refused};
use crate::session::Session;
use crate::wire::command::{Command, UnsafeText};
use crate::wire::response::{Response, Status};
use crate::wire::uid_set;
use bytes::Bytes;
use mailcase_mail::{Criterion, FolderPath, GLANCE_BYTES, Glance, Place, RemoteId, SourceError};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of terms in one search: servers take commands of 8 KB and more, and the set of messages needs room too.
const TERMS_BYTES_MAX: usize = 1_500;

impl Session {
    pub(crate) async fn glance(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        criteria: &[Criterion],
    ) -> Result<Vec<Glance>, SourceError> {
        let selected = self.ensure_selected(folder, false).await?;
        let ours = ids.iter().filter_map(parse_remote_id);
        let uids: BTreeSet<u32> =
            ours.filter(|(validity, _)| *validity == selected.uidvalidity).map(|(_, uid)| uid).collect();
        let uids: Vec<u32> = uids.into_iter().collect();
        let unwanted = self.unwanted(&uids, criteria).await?.into_iter().collect();
        let beginnings = self.beginnings(&unwanted).await?;
        let glance = |(uid, bytes)| Glance { id: remote_id(selected.uidvalidity, uid), bytes };
        Ok(beginnings.into_iter().map(glance).collect())
    }

    /// The first bytes of messages of the open folder. What the server does not give is missing.
    pub(crate) async fn beginnings(
        &mut self,
        uids: &BTreeSet<u32>,
    ) -> Result<BTreeMap<u32, Bytes>, SourceError> {
        let mut found = BTreeMap::new();
        self.connection.allow_literals(GLANCE_BYTES);
        let listed: Vec<u32> = uids.iter().copied().collect();
        for set in uid_set::sets(&listed) {
            let command = Command::new(format!("UID FETCH {set} (UID BODY.PEEK[]<0.{GLANCE_BYTES}>)"));
            let line = self
                .try_run(&command, &mut |response| {
                    if let Response::Fetch(data) = response
                        && let (Some(uid), Some(body)) = (data.uid, data.body)
                        && let Some(bytes) = body.data.filter(|_| body.origin.unwrap_or(0) == 0)
                        && uids.contains(&uid)
                        && found.insert(uid, bytes).is_some()
                    {
                        // A server that answers twice does so for ever.
                        return Err(broken("the server gives messages again and again"));
                    }
                    Ok(())
                })
                .await?;
            // Not for one of them: the others may be looked at when they are fetched.
            if line.status != Status::Ok {
                if asks_for_patience(&line) {
                    return Err(refused("to give messages", &line));
                }
                break;
            }
        }
        Ok(found)
    }

    /// Of these messages, those that fail one of the criteria; none when the server does not search like this.
    async fn unwanted(&mut self, uids: &[u32], criteria: &[Criterion]) -> Result<Vec<u32>, SourceError> {
        let criteria = within_limits(criteria);
        let plain: Vec<&Criterion> =
            criteria.iter().copied().filter(|criterion| is_ascii(criterion)).collect();
        let mut unwanted = Vec::new();
        let mut every = criteria.len() == plain.len();
        for set in uid_set::sets(uids) {
            // First with all criteria in UTF-8, then, where a server knows no charsets, with those in ASCII.
            let mut found = None;
            if !every {
                found = self.try_search(search(&set, &criteria, true)).await?;
                every = found.is_none();
            }
            if found.is_none() {
                found = self.try_search(search(&set, &plain, false)).await?;
            }
            let Some(found) = found else { return Ok(unwanted) };
            unwanted.extend(found);
        }
        unwanted.retain(|uid| uids.binary_search(uid).is_ok());
        unwanted.sort_unstable();
        unwanted.dedup();
        Ok(unwanted)
    }

    /// What a search finds; nothing when there is nothing to search by or the server will not.
    async fn try_search(&mut self, command: Option<Command>) -> Result<Option<Vec<u32>>, SourceError> {
        let Some(command) = command else { return Ok(None) };
        let mut found = Vec::new();
        let line = self
            .try_run(&command, &mut |response| {
                if let Response::Search(uids) = response {
                    found.extend(uids);
                }
                Ok(())
            })
            .await?;
        match line.status {
            Status::Ok => Ok(Some(found)),
            _ if asks_for_patience(&line) => Err(refused("to search the folder", &line)),
            _ => Ok(None),
        }
    }
}

/// As many criteria as a search has room for: to leave some out makes it find fewer, which is allowed.
fn within_limits(criteria: &[Criterion]) -> Vec<&Criterion> {
    let mut room = TERMS_BYTES_MAX;
    let mut taken = Vec::new();
    for criterion in criteria {
        /// What surrounds a term: `OR OR TO "" CC "" BCC ""`.
        const AROUND: usize = 30;
        let times = if criterion.place == Place::Recipients { 3 } else { 1 };
        let bytes: usize = criterion.terms.iter().map(|term| term.len() * times + AROUND).sum();
        if bytes <= room {
            room -= bytes;
            taken.push(criterion);
        }
    }
    taken
}

fn is_ascii(criterion: &Criterion) -> bool {
    criterion.terms.iter().all(|term| term.is_ascii())
}

/// `UID SEARCH` for the messages of `set` that fail one of `criteria` (RFC 3501 §6.4.4); nothing to ask without any.
fn search(set: &str, criteria: &[&Criterion], utf8: bool) -> Option<Command> {
    let charset = if utf8 { "CHARSET UTF-8 " } else { "" };
    let mut command = Command::new(format!("UID SEARCH {charset}UID {set} "));
    let (last, others) = criteria.split_last()?;
    for criterion in others {
        command = failing(command.text("OR "), criterion).ok()?.text(" ");
    }
    failing(command, last).ok()
}

/// The messages that fail a criterion.
fn failing(command: Command, criterion: &Criterion) -> Result<Command, UnsafeText> {
    let command = if criterion.not { command } else { command.text("NOT ") };
    let Some((last, others)) = criterion.terms.split_last() else {
        return found(command, &criterion.place, "");
    };
    let mut command = command;
    for term in others {
        command = found(command.text("OR "), &criterion.place, term)?.text(" ");
    }
    found(command, &criterion.place, last)
}

/// The messages in which a term is found.
fn found(command: Command, place: &Place, term: &str) -> Result<Command, UnsafeText> {
    match place {
        Place::From => command.text("FROM ").string(term),
        Place::Subject => command.text("SUBJECT ").string(term),
        Place::Header(name) => command.text("HEADER ").string(name)?.text(" ").string(term),
        Place::Recipients => {
            command.text("OR OR TO ").string(term)?.text(" CC ").string(term)?.text(" BCC ").string(term)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn criterion(place: Place, not: bool, terms: &[&str]) -> Criterion {
        Criterion { place, not, terms: terms.iter().map(|&term| term.to_owned()).collect() }
    }

    fn line(criteria: &[Criterion]) -> String {
        let command = search("1:9", &criteria.iter().collect::<Vec<_>>(), false).unwrap();
        command.pieces().map(|piece| String::from_utf8_lossy(piece)).collect()
    }

    #[test]
    fn a_search_asks_for_what_fails_one_of_the_criteria() {
        let from = criterion(Place::From, false, &["ann@example.org", "example.com"]);
        assert_eq!(
            line(std::slice::from_ref(&from)),
            r#"UID SEARCH UID 1:9 NOT OR FROM "ann@example.org" FROM "example.com""#
        );
        let there = criterion(Place::Header("x-flag".to_owned()), true, &[]);
        let subject = criterion(Place::Subject, true, &["say \"hi\""]);
        assert_eq!(
            line(&[from, there, subject]),
            r#"UID SEARCH UID 1:9 OR NOT OR FROM "ann@example.org" FROM "example.com" OR HEADER "x-flag" "" SUBJECT "say \"hi\"""#
        );
        assert_eq!(
            line(&[criterion(Place::Recipients, false, &["a"])]),
            r#"UID SEARCH UID 1:9 NOT OR OR TO "a" CC "a" BCC "a""#
        );
        assert!(search("1", &[], false).is_none());
    }

    #[test]
    fn a_search_is_never_longer_than_servers_take() {
        let long = criterion(Place::Recipients, false, &["x".repeat(TERMS_BYTES_MAX / 3).as_str()]);
        let short = criterion(Place::Subject, false, &["y"]);
        assert_eq!(within_limits(&[long, short.clone()]), [&short]);
    }
}
