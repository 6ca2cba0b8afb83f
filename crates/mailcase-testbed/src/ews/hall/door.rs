//! Who comes in: Basic, NTLM and Bearer at the door.

use super::super::accounts::{Scheme, Visitor, basic};
use super::super::ntlm::{self, Handshake};
use super::super::wire::Request;
use super::{Hall, Outcome};
use crate::exchange::locked;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use std::sync::Mutex;

/// What Exchange asks for where tokens are taken.
const BEARER: &str = "Bearer client_id=\"00000002-0000-0ff1-ce00-000000000000\", trusted_issuers=\"*\", \
                      token_types=\"app_asserted_user_v1 service_asserted_app_v1\", \
                      authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\"";

/// What a connection remembers: NTLM lets in connections, not requests (MS-NTHT).
#[derive(Debug, Default)]
pub(crate) struct Session {
    handshake: Mutex<Option<Handshake>>,
    visitor: Mutex<Option<Visitor>>,
}

impl Hall {
    /// Lets somebody in or says what is missing.
    pub(super) fn admit(&self, session: &Session, request: &Request) -> Result<Visitor, Outcome> {
        let header = request.header("authorization");
        let schemes = locked(&self.schemes).clone();
        let word = header.split(' ').next().unwrap_or_default().to_ascii_lowercase();
        let ntlm = schemes.iter().find_map(|scheme| match scheme {
            Scheme::Ntlm(binding) => Some(*binding),
            _ => None,
        });
        match word.as_str() {
            "" => locked(&session.visitor).clone().ok_or_else(|| unauthorized(&schemes)),
            "basic" if schemes.contains(&Scheme::Basic) => {
                let accounts = locked(&self.accounts);
                basic(header)
                    .and_then(|(name, password)| {
                        let mut known = accounts.iter();
                        known.find(|account| account.is_called(&name) && account.password == password)
                    })
                    .map(Visitor::account)
                    .ok_or_else(|| unauthorized(&schemes))
            }
            "bearer" if schemes.contains(&Scheme::Bearer) => self.bearer(header),
            "ntlm" => match ntlm {
                Some(binding) => self.ntlm(session, header, binding).ok_or_else(|| unauthorized(&schemes))?,
                None => Err(unauthorized(&schemes)),
            },
            _ => Err(unauthorized(&schemes)),
        }
    }

    fn bearer(&self, header: &str) -> Result<Visitor, Outcome> {
        let caller = locked(&self.tokens).caller(header).map_err(|why| {
            let challenge = format!("{BEARER}, error=\"invalid_token\"");
            Outcome::plain(StatusCode::UNAUTHORIZED, "")
                .with_header("www-authenticate", challenge)
                .with_header(
                    "x-ms-diagnostics",
                    format!("2000001;reason=\"{why}\";error_category=\"invalid_token\""),
                )
        })?;
        Visitor::token(&caller, &locked(&self.accounts)).ok_or_else(|| {
            let text = "2000008;reason=\"The token contains no permissions, or permissions can not be \
                        understood.\";error_category=\"invalid_grant\"";
            Outcome::plain(StatusCode::FORBIDDEN, "").with_header("x-ms-diagnostics", text)
        })
    }

    /// One step of the handshake; nothing when it failed.
    fn ntlm(
        &self,
        session: &Session,
        header: &str,
        binding: super::super::accounts::ChannelBinding,
    ) -> Option<Result<Visitor, Outcome>> {
        let (_, token) = header.split_once(' ')?;
        let message = STANDARD.decode(token.trim()).ok()?;
        match ntlm::kind(&message)? {
            1 => {
                *locked(&session.visitor) = None;
                let mut nonce = [0; 8];
                aws_lc_rs::rand::fill(&mut nonce).ok()?;
                let handshake = Handshake::begin(&message, nonce, jiff::Timestamp::now())?;
                let challenge = format!("NTLM {}", STANDARD.encode(handshake.challenge()));
                *locked(&session.handshake) = Some(handshake);
                let outcome = Outcome::plain(StatusCode::UNAUTHORIZED, "");
                Some(Err(outcome.with_header("www-authenticate", challenge)))
            }
            3 => {
                let handshake = locked(&session.handshake).take()?;
                let accounts = locked(&self.accounts);
                let channel = self.channel.as_deref();
                match handshake.finish(&message, &accounts, binding, channel) {
                    Ok(account) => {
                        let visitor = Visitor::account(account);
                        *locked(&session.visitor) = Some(visitor.clone());
                        Some(Ok(visitor))
                    }
                    Err(why) => {
                        tracing::debug!(why, "somebody was not let in");
                        None
                    }
                }
            }
            _ => None,
        }
    }
}

fn unauthorized(schemes: &[Scheme]) -> Outcome {
    let mut outcome =
        Outcome::plain(StatusCode::UNAUTHORIZED, "Access is denied due to invalid credentials.");
    for scheme in schemes {
        let challenge = match scheme {
            Scheme::Basic => "Basic realm=\"exchange.testbed.example\"",
            Scheme::Ntlm(_) => "NTLM",
            Scheme::Bearer => BEARER,
        };
        outcome = outcome.with_header("www-authenticate", challenge);
    }
    outcome
}
