//! What a frame says.

use super::token::Tokens;
use bytes::Bytes;
use jiff::Timestamp;

/// Capabilities a server has at most, and the longest; the most talkative have about eighty.
pub(crate) const CAPABILITIES_MAX: usize = 500;
const CAPABILITY_MAX_BYTES: usize = 200;
/// Attributes of one line of LIST, and the longest name of a folder: what is beyond is no folder for anybody.
const ATTRIBUTES_MAX: usize = 50;
const FOLDER_NAME_MAX_BYTES: usize = 4_000;
/// A body up to this size is copied out of what was read: it would keep a whole block of that in memory.
const COPIED_BODY_BYTES: usize = 16 << 10;

/// OK, NO and their like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    No,
    Bad,
    Bye,
    PreAuth,
}

/// A status with its optional code and its text for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StatusLine {
    pub(crate) status: Status,
    /// Name in upper case and arguments of `[CODE arguments]`.
    pub(crate) code: Option<(String, String)>,
    pub(crate) text: String,
}

impl StatusLine {
    /// The arguments of the code `name`, if the line carries it.
    pub(crate) fn code(&self, name: &str) -> Option<&str> {
        self.code.as_ref().filter(|(code, _)| code == name).map(|(_, arguments)| arguments.as_str())
    }
}

/// The part of a FETCH answer this client asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FetchData {
    pub(crate) uid: Option<u32>,
    pub(crate) size: Option<u64>,
    pub(crate) seen: Option<bool>,
    pub(crate) received: Option<Timestamp>,
    pub(crate) body: Option<BodyPart>,
}

/// `BODY[]` or `BODY[]<origin>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BodyPart {
    pub(crate) origin: Option<u64>,
    /// Nothing for NIL.
    pub(crate) data: Option<Bytes>,
}

/// One line of LIST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListEntry {
    pub(crate) attributes: Vec<String>,
    pub(crate) delimiter: Option<String>,
    pub(crate) name: Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Response {
    Tagged {
        tag: String,
        line: StatusLine,
    },
    Status(StatusLine),
    Continue(String),
    Exists(u32),
    Expunge,
    Recent(u32),
    Fetch(FetchData),
    Capability(Vec<String>),
    Search(Vec<u32>),
    List(ListEntry),
    /// A SEARCH answer that is not all numbers: never to be taken for a shorter one.
    BrokenSearch,
    /// Well-formed or not, it is nothing this client asks for.
    Other,
}

impl Response {
    pub(crate) fn parse(frame: &Bytes) -> Self {
        let mut tokens = Tokens::new(frame);
        match tokens.peek() {
            Some(b'+') => {
                tokens.step(1);
                tokens.skip_spaces();
                Self::Continue(text(tokens.rest()))
            }
            Some(b'*') => {
                tokens.step(1);
                tokens.skip_spaces();
                untagged(&mut tokens)
            }
            _ => tagged(&mut tokens).unwrap_or(Self::Other),
        }
    }
}

fn tagged(tokens: &mut Tokens<'_>) -> Option<Response> {
    let tag = String::from_utf8(tokens.word().to_vec()).ok()?;
    tokens.skip_spaces();
    let status = status(tokens.word())?;
    Some(Response::Tagged { tag, line: status_line(status, tokens) })
}

fn untagged(tokens: &mut Tokens<'_>) -> Response {
    if let Some(number) = tokens.number::<u32>() {
        tokens.skip_spaces();
        return match upper(tokens.word()).as_str() {
            "EXISTS" => Response::Exists(number),
            "RECENT" => Response::Recent(number),
            "EXPUNGE" => Response::Expunge,
            "FETCH" => Response::Fetch(fetch(tokens)),
            _ => Response::Other,
        };
    }
    let word = tokens.word();
    if let Some(status) = status(word) {
        return Response::Status(status_line(status, tokens));
    }
    match upper(word).as_str() {
        "CAPABILITY" => Response::Capability(words(tokens)),
        "SEARCH" => search(tokens),
        "LIST" => list(tokens).map_or(Response::Other, Response::List),
        "VANISHED" => Response::Expunge,
        _ => Response::Other,
    }
}

fn status(word: &[u8]) -> Option<Status> {
    Some(match upper(word).as_str() {
        "OK" => Status::Ok,
        "NO" => Status::No,
        "BAD" => Status::Bad,
        "BYE" => Status::Bye,
        "PREAUTH" => Status::PreAuth,
        _ => return None,
    })
}

fn status_line(status: Status, tokens: &mut Tokens<'_>) -> StatusLine {
    tokens.skip_spaces();
    let mut rest = tokens.rest();
    let mut code = None;
    if let Some(after) = rest.strip_prefix(b"[")
        && let Some(end) = memchr::memchr(b']', after)
        && let Some((inside, outside)) = after.split_at_checked(end)
    {
        let inside = text(inside);
        let (name, arguments) = inside.split_once(' ').unwrap_or((&inside, ""));
        code = Some((name.to_ascii_uppercase(), arguments.to_owned()));
        rest = outside.strip_prefix(b"]").unwrap_or(outside);
    }
    StatusLine { status, code, text: text(rest) }
}

fn fetch(tokens: &mut Tokens<'_>) -> FetchData {
    let mut data = FetchData::default();
    tokens.skip_spaces();
    if !tokens.eat(b'(') {
        return data;
    }
    loop {
        tokens.skip_spaces();
        if tokens.at_end() || tokens.eat(b')') {
            return data;
        }
        let key = upper(tokens.word());
        tokens.skip_spaces();
        match key.as_str() {
            "UID" => data.uid = tokens.number().filter(|&uid| uid != 0),
            "RFC822.SIZE" => data.size = tokens.number(),
            "FLAGS" => data.seen = flags(tokens),
            "INTERNALDATE" => {
                data.received = tokens.string().and_then(|date| super::date::internal_date(&date));
            }
            "" => tokens.step(1),
            key => match body_origin(key) {
                Some(origin) => {
                    let frame = tokens.frame_bytes();
                    let bytes = tokens.string().map(|bytes| kept(bytes, frame));
                    data.body = Some(BodyPart { origin, data: bytes });
                }
                None => tokens.skip_value(),
            },
        }
    }
}

/// A body that keeps little more than itself in memory: small ones, and those in a frame of mostly something else, are
/// copied.
fn kept(body: Bytes, frame: usize) -> Bytes {
    if body.len() <= COPIED_BODY_BYTES || body.len() < frame / 2 {
        Bytes::copy_from_slice(&body)
    } else {
        body
    }
}

/// The origin of `BODY[]<origin>`; nothing when the key is another one.
#[expect(clippy::option_option, reason = "not a body, a whole body, a part of one")]
fn body_origin(key: &str) -> Option<Option<u64>> {
    let rest = key.strip_prefix("BODY[]")?;
    if rest.is_empty() {
        return Some(None);
    }
    let origin = rest.strip_prefix('<')?.strip_suffix('>')?;
    origin.parse().ok().map(Some)
}

fn flags(tokens: &mut Tokens<'_>) -> Option<bool> {
    if !tokens.eat(b'(') {
        tokens.skip_value();
        return None;
    }
    let mut seen = false;
    loop {
        tokens.skip_spaces();
        if tokens.at_end() || tokens.eat(b')') {
            return Some(seen);
        }
        let flag = tokens.word();
        seen |= flag.eq_ignore_ascii_case(b"\\Seen");
        if flag.is_empty() {
            tokens.step(1);
        }
    }
}

fn words(tokens: &mut Tokens<'_>) -> Vec<String> {
    capability_words(&text(tokens.rest())).collect()
}

/// The words of a list of capabilities: so many as any server has.
pub(crate) fn capability_words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split_whitespace().filter(|word| word.len() <= CAPABILITY_MAX_BYTES);
    words.take(CAPABILITIES_MAX).map(str::to_ascii_uppercase)
}

fn search(tokens: &mut Tokens<'_>) -> Response {
    let mut found = Vec::new();
    loop {
        tokens.skip_spaces();
        if tokens.at_end() {
            return Response::Search(found);
        }
        if tokens.peek() == Some(b'(') {
            // `(MODSEQ n)` of RFC 7162.
            tokens.skip_value();
            continue;
        }
        match tokens.number() {
            Some(uid) => found.push(uid),
            None => return Response::BrokenSearch,
        }
    }
}

fn list(tokens: &mut Tokens<'_>) -> Option<ListEntry> {
    tokens.skip_spaces();
    if !tokens.eat(b'(') {
        return None;
    }
    let mut attributes = Vec::new();
    loop {
        tokens.skip_spaces();
        if tokens.at_end() {
            return None;
        }
        if tokens.eat(b')') {
            break;
        }
        let attribute = tokens.word();
        if attribute.is_empty() || attributes.len() >= ATTRIBUTES_MAX {
            return None;
        }
        attributes.push(text(attribute).to_ascii_lowercase());
    }
    tokens.skip_spaces();
    let delimiter = tokens.string().map(|delimiter| text(&delimiter));
    tokens.skip_spaces();
    if tokens.at_end() {
        return None;
    }
    let name = match tokens.peek() {
        // A bare name may hold parentheses on servers that do not quote.
        Some(b'"' | b'{' | b'~') => Bytes::copy_from_slice(&tokens.string()?),
        _ => Bytes::copy_from_slice(trimmed(tokens.rest())),
    };
    let long = |attribute: &String| attribute.len() > FOLDER_NAME_MAX_BYTES;
    let delimiter_is_long = delimiter.as_ref().is_some_and(long);
    if name.len() > FOLDER_NAME_MAX_BYTES || delimiter_is_long || attributes.iter().any(long) {
        return None;
    }
    Some(ListEntry { attributes, delimiter, name })
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii()
}

fn upper(word: &[u8]) -> String {
    String::from_utf8_lossy(word).to_ascii_uppercase()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(trimmed(bytes)).into_owned()
}
