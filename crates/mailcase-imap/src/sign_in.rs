//! Proving who we are: LOGIN, SASL PLAIN (RFC 4616), XOAUTH2, OAUTHBEARER (RFC 7628).

use crate::connection::{Answer, answer};
use crate::refusal::{asks_for_patience, broken, said};
use crate::session::Session;
use crate::settings::{Account, AuthMethod, Credential, Security};
use crate::wire::command::Command;
use crate::wire::response::{Response, StatusLine, capability_words};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mailcase_mail::SourceError;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

impl Session {
    /// Signs in with whatever way the settings name and the server has. Never sends a secret where the server
    /// says it must not be sent.
    pub(crate) async fn sign_in(&mut self, account: &Account) -> Result<(), SourceError> {
        if account.security != Security::None && !self.connection.is_encrypted() {
            return Err(broken("credentials were about to leave unencrypted"));
        }
        let line = match account.auth {
            AuthMethod::Password => self.password(account).await?,
            AuthMethod::Xoauth2 => self.with_token(account, "XOAUTH2").await?,
            AuthMethod::Oauthbearer => self.with_token(account, "OAUTHBEARER").await?,
        };
        // Capabilities change with the sign-in (RFC 3501 §6.2.2).
        match line.code("CAPABILITY") {
            Some(words) => self.learn(capability_words(words)),
            None => self.ask_capabilities().await?,
        }
        Ok(())
    }

    async fn password(&mut self, account: &Account) -> Result<StatusLine, SourceError> {
        let Credential::Entered(password) = &account.credential else {
            return Err(broken("a token was about to be sent as a password"));
        };
        if self.has("LOGINDISABLED") && !self.connection.is_encrypted() {
            return Err(no_password());
        }
        if self.has("AUTH=PLAIN") {
            let mut response = Zeroizing::new(Vec::new());
            if let Some(mailbox) = &account.mailbox {
                response.extend_from_slice(mailbox.as_bytes());
            }
            for part in [account.username.as_str(), password.expose_secret()] {
                response.push(0);
                response.extend_from_slice(part.as_bytes());
            }
            return self.authenticate("PLAIN", &response, account).await;
        }
        if account.mailbox.is_some() {
            return Err(SourceError::Unsupported {
                message: "the server cannot open a mailbox other than the user's own: it lacks AUTH=PLAIN"
                    .to_owned(),
                hint: Some("Leave the mailbox account empty, or sign in as that account.".to_owned()),
            });
        }
        if self.has("LOGINDISABLED") {
            return Err(no_password());
        }
        let unsafe_text = |_| SourceError::Settings {
            message: "the user name or password cannot be sent by IMAP".to_owned(),
        };
        let command = Command::new("LOGIN ")
            .string(&account.username)
            .map_err(unsafe_text)?
            .text(" ")
            .string(password.expose_secret())
            .map_err(unsafe_text)?;
        match self.run(&command, &mut |_| ()).await? {
            Answer::Ok(line) => Ok(line),
            Answer::No(line) => Err(not_let_in(account, &line, None)),
        }
    }

    /// A token that is refused may have been revoked before its time: then another is tried, once.
    async fn with_token(&mut self, account: &Account, mechanism: &str) -> Result<StatusLine, SourceError> {
        let tokens = match &account.credential {
            Credential::Entered(token) => return self.bearer(account, mechanism, token).await,
            Credential::Tokens(tokens) => tokens,
        };
        let held = tokens.get().await?;
        match self.bearer(account, mechanism, held.secret()).await {
            Err(refused @ SourceError::SignIn { .. }) if self.has(&format!("AUTH={mechanism}")) => {
                let other = tokens.other_than(held.secret()).await?;
                // A server that hangs up on a second try said before what is wrong.
                self.bearer(account, mechanism, other.secret()).await.map_err(|_| refused)
            }
            result => result,
        }
    }

    async fn bearer(
        &mut self,
        account: &Account,
        mechanism: &str,
        token: &SecretString,
    ) -> Result<StatusLine, SourceError> {
        if !self.has(&format!("AUTH={mechanism}")) {
            return Err(SourceError::SignIn {
                message: format!("the server does not offer {mechanism}"),
                hint: Some(
                    "Choose another way of signing in, or ask the administrator to allow this one."
                        .to_owned(),
                ),
            });
        }
        let user = account.mailbox.as_ref().unwrap_or(&account.username);
        let token = token.expose_secret();
        let endpoint = self.connection.endpoint();
        let response = Zeroizing::new(if mechanism == "XOAUTH2" {
            format!("user={user}\u{1}auth=Bearer {token}\u{1}\u{1}")
        } else {
            // RFC 5801 §4: `=` and `,` are escaped in the GS2 header.
            let user = user.replace('=', "=3D").replace(',', "=2C");
            format!(
                "n,a={user},\u{1}host={}\u{1}port={}\u{1}auth=Bearer {token}\u{1}\u{1}",
                endpoint.host, endpoint.port
            )
        });
        self.authenticate(mechanism, response.as_bytes(), account).await
    }

    async fn authenticate(
        &mut self,
        mechanism: &str,
        response: &[u8],
        account: &Account,
    ) -> Result<StatusLine, SourceError> {
        let encoded = Zeroizing::new(STANDARD.encode(response));
        let mut command = Command::new(format!("AUTHENTICATE {mechanism}"));
        let mut waiting = Some(&encoded);
        if self.has("SASL-IR") {
            command = command.text(" ").text(encoded.as_str());
            waiting = None;
        }
        let tag = self.connection.send(&command).await?;
        let mut status = None;
        // One challenge to answer with the credentials, one with nothing; a server asking on is not playing.
        for _ in 0..ROUNDS_MAX {
            match self.connection.next().await? {
                Response::Continue(challenge) => match waiting.take() {
                    Some(encoded) => self.connection.send_line(encoded.as_bytes()).await?,
                    None => {
                        // A failed OAuth sign-in is explained in a challenge; the NO follows an empty answer.
                        status = explained(&challenge).or(status);
                        self.connection.send_line(b"").await?;
                    }
                },
                Response::Tagged { tag: answered, line } => {
                    return match answer(&tag, &answered, line)? {
                        Answer::Ok(line) => Ok(line),
                        Answer::No(line) => Err(not_let_in(account, &line, status.as_deref())),
                    };
                }
                other => self.note(&other)?,
            }
        }
        Err(broken("the server does not come to an end with the sign-in"))
    }
}

/// Responses looked at during a sign-in, untagged ones included.
const ROUNDS_MAX: usize = 100;

/// The `status` of the JSON a server explains a refused token with.
fn explained(challenge: &str) -> Option<String> {
    /// A status is a number or a word.
    const STATUS_MAX_CHARS: usize = 40;
    let json: serde_json::Value = serde_json::from_slice(&STANDARD.decode(challenge).ok()?).ok()?;
    let status = json.get("status")?.as_str()?;
    Some(status.chars().filter(char::is_ascii_graphic).take(STATUS_MAX_CHARS).collect())
}

fn no_password() -> SourceError {
    SourceError::SignIn {
        message: "the server takes no password on this connection (LOGINDISABLED)".to_owned(),
        hint: Some("Choose SSL/TLS or STARTTLS, or an OAuth sign-in.".to_owned()),
    }
}

fn not_let_in(account: &Account, line: &StatusLine, status: Option<&str>) -> SourceError {
    let status = status.map(|status| format!(" (status {status})")).unwrap_or_default();
    let message = format!("the server refused the sign-in{}{status}", said(line));
    // Only RFC 5530's own words for "later": anything else is about the credentials.
    if asks_for_patience(line) && line.code("CONTACTADMIN").is_none() {
        return SourceError::Throttled { message, retry_after: None };
    }
    let hint = match account.auth {
        AuthMethod::Password => {
            "Check user name and password; some providers want an app password or have IMAP switched off by default."
        }
        AuthMethod::Xoauth2 | AuthMethod::Oauthbearer => {
            "The token may have expired, or be for another user, audience or scope (IMAP access is needed)."
        }
    };
    SourceError::SignIn { message, hint: Some(hint.to_owned()) }
}
