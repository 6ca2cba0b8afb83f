//! Who may come in, how they show who they are, and which mailboxes they may open.

use crate::exchange::Caller;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Somebody with a password.
#[derive(Debug, Clone)]
pub struct Account {
    /// As it is given to sign in; the address is taken too, and `DOMAIN\name` for its part before the `@`.
    pub user: String,
    pub password: String,
    /// Of the mailbox this account owns.
    pub address: String,
    /// Mailboxes of others this account has full access to.
    pub opens: Vec<String>,
    /// Whether it holds the role ApplicationImpersonation.
    pub impersonates: bool,
}

impl Account {
    /// A user who signs in with the address and opens that mailbox alone.
    #[must_use]
    pub fn new(address: &str, password: &str) -> Self {
        Self {
            user: address.to_owned(),
            password: password.to_owned(),
            address: address.to_owned(),
            opens: Vec::new(),
            impersonates: false,
        }
    }

    #[must_use]
    pub fn opening(mut self, mailbox: &str) -> Self {
        self.opens.push(mailbox.to_owned());
        self
    }

    #[must_use]
    pub const fn impersonating(mut self) -> Self {
        self.impersonates = true;
        self
    }

    /// Whether this is who a name means, in any of the forms Windows takes.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        let plain = name.rsplit_once('\\').map_or(name, |(_, plain)| plain);
        let local = self.address.split('@').next().unwrap_or_default();
        [self.user.as_str(), self.address.as_str(), local].iter().any(|own| own.eq_ignore_ascii_case(plain))
            || self.user.eq_ignore_ascii_case(name)
    }
}

/// How NTLM is bound to the TLS connection it runs in: Windows calls it Extended Protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelBinding {
    /// Not looked at, and the integrity code alone when there is one: what a client from before 2019 needs.
    Off,
    /// A wrong one is refused, none is not; without an integrity code nobody comes in.
    Allowed,
    /// None is as bad as a wrong one; without an integrity code nobody comes in.
    Required,
}

/// A way to show who one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Basic,
    Ntlm(ChannelBinding),
    Bearer,
}

/// Somebody who came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visitor {
    /// Absent for an application.
    pub(crate) address: Option<String>,
    opens: Vec<String>,
    impersonates: bool,
}

impl Visitor {
    pub(crate) fn account(account: &Account) -> Self {
        Self {
            address: Some(account.address.clone()),
            opens: account.opens.clone(),
            impersonates: account.impersonates,
        }
    }

    /// Who a token speaks for; nothing when it permits no EWS.
    pub(crate) fn token(caller: &Caller, accounts: &[Account]) -> Option<Self> {
        let holds = |name: &str| caller.permissions.iter().any(|held| held == name);
        match &caller.user {
            Some(user) if holds("EWS.AccessAsUser.All") => {
                let own = accounts.iter().find(|account| account.is_called(user));
                let nobody = Self { address: Some(user.clone()), opens: Vec::new(), impersonates: false };
                Some(own.map_or(nobody, Self::account))
            }
            None if holds("full_access_as_app") => {
                Some(Self { address: None, opens: Vec::new(), impersonates: true })
            }
            _ => None,
        }
    }

    pub(crate) const fn may_impersonate(&self) -> bool {
        self.impersonates
    }

    /// Whether the visitor, acting as the owner of `acting`, may look into `mailbox`.
    pub(crate) fn may_open(&self, mailbox: &str, acting: &str) -> bool {
        mailbox.eq_ignore_ascii_case(acting)
            || (self.address.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(acting))
                && self.opens.iter().any(|open| open.eq_ignore_ascii_case(mailbox)))
    }
}

/// Name and password of a `Basic` header (RFC 7617).
pub(crate) fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, rest) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}
