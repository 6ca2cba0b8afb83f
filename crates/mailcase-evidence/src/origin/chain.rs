//! The sets an ARC chain is made of (RFC 8617 §4): who handed the message on, sealed one over the other.

use std::collections::BTreeMap;

use super::head::Head;
use super::reader::{self, seal_hasher, sealed};
use super::signature::{Algorithm, Signed};
use super::tags::Tags;

/// RFC 8617 §4.2.1: a chain with more sets is invalid.
const SETS: u32 = 50;

/// A chain as far as the message alone tells.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Chain {
    /// Oldest first.
    pub(super) seals: Vec<Seal>,
    /// The newest signature over the message.
    pub(super) message: Option<reader::Signed>,
    /// Why it cannot be valid, whatever the keys are.
    pub(super) broken: Option<String>,
    newest_message: Option<usize>,
}

/// An `ARC-Seal`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seal {
    pub(super) by: Signed,
    /// Of everything it seals.
    pub(super) digest: Vec<u8>,
}

/// Where the headers of the sets stand: results, message signatures, seals, by instance.
#[derive(Debug, Default)]
pub(super) struct Members {
    sets: BTreeMap<u32, [Vec<usize>; 3]>,
    unreadable: bool,
}

impl Members {
    /// Takes a header of that lower-case name, if it is of an ARC set.
    pub(super) fn note(&mut self, name: &str, at: usize, head: &Head<'_>) {
        let member = match name {
            "arc-authentication-results" => 0,
            "arc-message-signature" => 1,
            "arc-seal" => 2,
            _ => return,
        };
        let value = head.value(at);
        let instance = if member == 0 {
            value.split_once(';').and_then(|(first, _)| first.split_once('='))
        } else {
            value.split(';').filter_map(|tag| tag.split_once('=')).find(|(tag, _)| tag.trim() == "i")
        };
        let instance = instance.filter(|(tag, _)| tag.trim() == "i");
        match instance.and_then(|(_, value)| value.trim().parse::<u32>().ok()) {
            Some(instance @ 1..=SETS) => {
                if let Some(places) = self.sets.entry(instance).or_default().get_mut(member) {
                    places.push(at);
                }
            }
            _ => self.unreadable = true,
        }
    }
}

impl Chain {
    pub(super) fn read(head: &Head<'_>, members: Members) -> Self {
        let mut chain = Self::default();
        if members.unreadable {
            chain.broken("a header of the chain has no number from 1 to 50".to_owned());
        }
        let mut before = seal_hasher();
        let count = members.sets.len();
        for (expected, (instance, [results, messages, seals])) in (1_u32..).zip(members.sets) {
            if instance != expected {
                chain.broken(format!("set {expected} is missing"));
                return chain;
            }
            let ([results], [message], [seal]) = (&results[..], &messages[..], &seals[..]) else {
                chain.broken(format!("set {instance} is not complete, or has a header twice"));
                return chain;
            };
            let newest = instance as usize == count;
            let digest = sealed(&mut before, head, [*results, *message, *seal]);
            match Seal::read(&head.value(*seal), instance, newest, digest) {
                Ok(seal) => chain.seals.push(seal),
                Err(reason) => chain.broken(format!("the seal of set {instance}: {reason}")),
            }
            if newest {
                chain.newest_message = Some(*message);
            }
        }
        chain
    }

    /// Keeps the first reason.
    pub(super) fn broken(&mut self, reason: String) {
        self.broken.get_or_insert(reason);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.seals.is_empty() && self.broken.is_none()
    }

    pub(super) const fn newest_message_signature(&self) -> Option<usize> {
        self.newest_message
    }
}

impl Seal {
    fn read(value: &str, instance: u32, newest: bool, digest: Vec<u8>) -> Result<Self, String> {
        let tags = Tags::read(value).ok_or("it is no list of tags")?;
        if tags.get("h").is_some() {
            return Err("it names headers, which it must not".to_owned());
        }
        match (tags.get("cv").map(str::to_ascii_lowercase).as_deref(), instance) {
            (Some("none"), 1) | (Some("pass"), 2..) => {}
            (Some("fail"), _) if newest => {
                return Err("the last server found the chain broken (cv=fail)".to_owned());
            }
            (Some("fail"), _) => return Err("the chain was broken before (cv=fail)".to_owned()),
            _ => return Err("cv= is not what it must be there".to_owned()),
        }
        let by = Signed::read(&tags)?;
        if by.algorithm == Algorithm::RsaSha1 {
            return Err("it is made with rsa-sha1".to_owned());
        }
        Ok(Self { by, digest })
    }
}
