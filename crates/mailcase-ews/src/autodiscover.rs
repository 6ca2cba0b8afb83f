//! Autodiscover: first as version 2 (a question without credentials, answered in JSON), then as "plain old XML"
//! (MS-OXDSCLI), which wants them. Nobody is asked over an unencrypted connection, and credentials go to hosts of the mail
//! domain, of the domain these say the mailbox is in, and of Exchange Online only. DNS is not asked for SRV records.

use crate::mailbox::MailboxName;
use crate::server::{autodiscover_bases, is_online, keeps_secrets};
use crate::sign_in::{SignIn, refused};
use crate::wire::{Element, document, escaped};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use mailcase_mail::SourceError;
use mailcase_transport::http::{HttpClient, HttpResponse};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

/// One host may send us to another so often.
const REDIRECTS_MAX: usize = 5;
/// One address may lead to another, such as that of a mailbox that was moved to Exchange Online, so often.
const ADDRESSES_MAX: usize = 4;
/// The settings of a mailbox have some ten kilobytes.
const ANSWER_MAX_BYTES: usize = 512 << 10;
/// What clients outside, and inside, of the organization are told to use.
const PROTOCOLS: [&str; 3] = ["EXPR", "EXCH", "WEB"];
const REQUEST_SCHEMA: &str = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006";
const RESPONSE_SCHEMA: &str =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version2 {
    url: String,
}

/// What those asked know of an address.
enum Known {
    Url(Uri),
    /// The mailbox goes by this address.
    Address(String),
    Nothing,
}

/// The URL of EWS for an address.
///
/// # Errors
/// [`SourceError::SignIn`] when Autodiscover refuses the account; otherwise [`SourceError::Unreachable`] when nobody asked
/// knows the mailbox.
pub(crate) async fn find(
    http: &HttpClient,
    sign_in: &SignIn,
    address: &str,
    bases: &[String],
) -> Result<Uri, SourceError> {
    let mut addresses = vec![address.to_owned()];
    let mut bases = bases.to_vec();
    let mut first_trouble = None;
    while let Some(address) = addresses.last().cloned() {
        match round(http, sign_in, &address, &bases, &mut first_trouble).await? {
            Known::Url(url) => return Ok(url),
            Known::Address(next) if addresses.len() < ADDRESSES_MAX && !addresses.contains(&next) => {
                // Of another domain other hosts know, and they are asked without credentials first.
                if domain(&next) != domain(&address) {
                    bases = autodiscover_bases(domain(&next));
                }
                addresses.push(next);
            }
            Known::Address(_) | Known::Nothing => break,
        }
    }
    let reason = first_trouble.map_or_else(String::new, |error| format!(" ({error})"));
    Err(SourceError::Unreachable {
        message: format!("Autodiscover finds no Exchange server for the domain of the mailbox{reason}"),
        hint: Some("Write the server, such as mail.example.org, into the settings.".to_owned()),
    })
}

fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

async fn round(
    http: &HttpClient,
    sign_in: &SignIn,
    address: &str,
    bases: &[String],
    first_trouble: &mut Option<SourceError>,
) -> Result<Known, SourceError> {
    for base in bases {
        match version_2(http, address, base).await {
            Ok(Some(url)) => return Ok(Known::Url(url)),
            Ok(None) => {}
            Err(error) => *first_trouble = first_trouble.take().or(Some(error)),
        }
    }
    for base in bases {
        match plain_xml(http, sign_in, address, base).await {
            Ok(Known::Nothing) => {}
            Ok(known) => return Ok(known),
            // It is the right place, and the wrong account.
            Err(error @ SourceError::SignIn { .. }) => return Err(error),
            Err(error) => *first_trouble = first_trouble.take().or(Some(error)),
        }
    }
    Ok(Known::Nothing)
}

async fn version_2(http: &HttpClient, address: &str, base: &str) -> Result<Option<Uri>, SourceError> {
    let address = utf8_percent_encode(address, NON_ALPHANUMERIC);
    let mut url = format!("{base}/autodiscover/autodiscover.json/v1.0/{address}?Protocol=EWS");
    for _ in 0..REDIRECTS_MAX {
        let uri: Uri = url.parse().map_err(|_| unusable())?;
        if !keeps_secrets(&uri) {
            return Ok(None);
        }
        let request = Request::builder().method(Method::GET).uri(uri).body(Bytes::new());
        let response = http.send(request.map_err(|_| unusable())?).await?;
        if response.status().is_redirection() {
            let Some(location) = response.headers().get(LOCATION).and_then(|l| l.to_str().ok()) else {
                return Ok(None);
            };
            url = location.to_owned();
            continue;
        }
        if response.status() != StatusCode::OK {
            return Ok(None);
        }
        let answer: Option<Version2> = response.json(ANSWER_MAX_BYTES).await.ok();
        return Ok(answer.and_then(|answer| usable(&answer.url)));
    }
    Ok(None)
}

async fn plain_xml(
    http: &HttpClient,
    sign_in: &SignIn,
    address: &str,
    base: &str,
) -> Result<Known, SourceError> {
    let asked = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Autodiscover xmlns=\"{REQUEST_SCHEMA}\"><Request><EMailAddress>{}\
         </EMailAddress><AcceptableResponseSchema>{RESPONSE_SCHEMA}</AcceptableResponseSchema></Request></Autodiscover>",
        escaped(address)
    );
    let mut url: Uri = format!("{base}/autodiscover/autodiscover.xml").parse().map_err(|_| unusable())?;
    let home = url.host().unwrap_or_default().trim_start_matches("autodiscover.").to_ascii_lowercase();
    for _ in 0..REDIRECTS_MAX {
        let host = url.host().unwrap_or_default().to_ascii_lowercase();
        let ours = host == home || host.strip_suffix(&home).is_some_and(|rest| rest.ends_with('.'));
        if !keeps_secrets(&url) || !(ours || is_online(&host)) {
            return Ok(Known::Nothing);
        }
        let response = ask(http, sign_in, &url, &asked).await?;
        if response.status().is_redirection() {
            let location = response.headers().get(LOCATION).and_then(|l| l.to_str().ok());
            let Some(next) = location.and_then(|location| location.parse().ok()) else {
                return Ok(Known::Nothing);
            };
            url = next;
            continue;
        }
        if response.status() != StatusCode::OK {
            return Ok(Known::Nothing);
        }
        let answer = response.bytes(ANSWER_MAX_BYTES).await?;
        // A web page, perhaps.
        let Ok(answer) = document(answer.as_ref()).await else { return Ok(Known::Nothing) };
        let Some(account) = answer.at(&["Response", "Account"]) else { return Ok(Known::Nothing) };
        if let Some(next) = account.text_at(&["RedirectAddr"]).filter(|next| is_address(next)) {
            return Ok(Known::Address(next.to_ascii_lowercase()));
        }
        if let Some(next) = account.text_at(&["RedirectUrl"]) {
            let Ok(next) = next.parse() else { return Ok(Known::Nothing) };
            url = next;
            continue;
        }
        return Ok(ews_url(account).map_or(Known::Nothing, Known::Url));
    }
    Ok(Known::Nothing)
}

async fn ask(
    http: &HttpClient,
    sign_in: &SignIn,
    url: &Uri,
    body: &str,
) -> Result<HttpResponse, SourceError> {
    let bearer = sign_in.bearer(None).await?;
    let mut builder = Request::builder()
        .method(Method::POST)
        .uri(url.clone())
        .header(CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"));
    if let Some(header) = sign_in.header(bearer.as_ref())? {
        builder = builder.header(AUTHORIZATION, header);
    }
    let request = builder.body(Bytes::copy_from_slice(body.as_bytes())).map_err(|_| unusable())?;
    let response = match sign_in {
        SignIn::Ntlm(connections) => connections.send(http, &request, false).await?.0,
        SignIn::Basic(_) | SignIn::Tokens(_) => http.send(request).await?,
    };
    if response.status() == StatusCode::UNAUTHORIZED {
        return Err(refused(sign_in, response.headers()));
    }
    Ok(response)
}

fn ews_url(account: &Element) -> Option<Uri> {
    let protocols = || account.children.iter().filter(|child| child.name == "Protocol");
    PROTOCOLS.iter().find_map(|kind| {
        protocols()
            .filter(|protocol| protocol.text_at(&["Type"]) == Some(kind))
            .find_map(|protocol| protocol.text_at(&["EwsUrl"]).or_else(|| protocol.text_at(&["ASUrl"])))
            .and_then(usable)
    })
}

fn is_address(text: &str) -> bool {
    MailboxName::parse(text).is_ok_and(|name| name.address() == text && name.folder().is_none())
}

fn usable(url: &str) -> Option<Uri> {
    url.trim().parse().ok().filter(keeps_secrets)
}

fn unusable() -> SourceError {
    SourceError::Settings { message: "the domain of the mailbox cannot be asked for Autodiscover".to_owned() }
}
