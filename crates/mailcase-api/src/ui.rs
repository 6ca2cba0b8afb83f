//! The web interface, embedded at build time: files by path, `index.html` for every address people may open.

use crate::problem::{Kind, Problem};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use data_encoding::HEXLOWER;
use rust_embed::{Embed, EmbeddedFile};
use std::borrow::Cow;

#[derive(Embed)]
#[folder = "../../ui/dist"]
struct Dist;

/// What the interface may load: itself. Inline styles only because component libraries set them.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                   img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-src 'self'; \
                   manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; \
                   frame-ancestors 'none'";

/// Where the interface's build puts files whose names carry a hash of their content.
const HASHED: &str = "assets/";
/// Where it puts the API's reference page.
const REFERENCE: &str = "reference/";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Mailcase</title>\
    <h1>The web interface is not part of this build</h1>\
    <p>Build it with <code>npm ci &amp;&amp; npm run build</code> in the folder <code>ui</code>, then build \
    Mailcase again. The API works without it: see <code>/api/v1/openapi.json</code>.</p></html>";

/// Everything that is no route of the API.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return Problem::new(Kind::NotFound, "there is nothing at this address; see /api/v1/openapi.json")
            .into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    if path == REFERENCE.trim_end_matches('/') {
        return Redirect::permanent("/reference/").into_response();
    }
    let file = if path == REFERENCE { format!("{REFERENCE}index.html") } else { path.to_owned() };
    // Dot files are what a build leaves behind, not what it makes.
    let is_page = file.is_empty() || file == "index.html";
    let hidden = file.split('/').any(|name| name.starts_with('.'));
    if !is_page
        && !hidden
        && let Some(found) = Dist::get(&file)
    {
        return answer(&file, found, &headers);
    }
    if !is_page && !wants_page(&headers) {
        return (StatusCode::NOT_FOUND, "not found").into_response();
    }
    match Dist::get("index.html") {
        Some(index) => answer("index.html", index, &headers),
        None => with_csp(Html(NOT_BUILT).into_response()),
    }
}

/// The reference page of the API.
pub(crate) fn reference() -> Response {
    if Dist::get("reference/index.html").is_some() {
        return Redirect::temporary("/reference/").into_response();
    }
    Problem::new(
        Kind::NotFound,
        "the reference page comes with the web interface, which is not part of this build; \
         the document itself is /api/v1/openapi.json",
    )
    .into_response()
}

/// Whether a person opened the address: a script that misses a file must not get a page instead.
fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|accept| accept.to_str().ok())
        .any(|accept| accept.contains("text/html"))
}

/// A file of the interface, wherever it was embedded from.
struct File {
    bytes: Cow<'static, [u8]>,
    sha256: [u8; 32],
    mime: String,
}

impl From<EmbeddedFile> for File {
    fn from(file: EmbeddedFile) -> Self {
        let (sha256, mime) = (file.metadata.sha256_hash(), file.metadata.mimetype().to_owned());
        Self { bytes: file.data, sha256, mime }
    }
}

fn answer(path: &str, file: impl Into<File>, headers: &HeaderMap) -> Response {
    let file = file.into();
    // Weak: the bytes sent may be compressed.
    let tag = format!("W/\"{}\"", HEXLOWER.encode(file.sha256.get(..16).unwrap_or_default()));
    let page = path.ends_with(".html");
    let caching = if page {
        "no-store"
    } else if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = if !page && matches_tag(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let content_type = if file.mime.starts_with("text/") && !file.mime.contains("charset") {
            format!("{}; charset=utf-8", file.mime)
        } else {
            file.mime
        };
        ([(header::CONTENT_TYPE, content_type)], file.bytes).into_response()
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    if page { with_csp(response) } else { response }
}

fn matches_tag(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|candidate| candidate.trim() == tag || candidate.trim() == "*")
}

fn with_csp(mut response: Response) -> Response {
    let name: HeaderName = header::CONTENT_SECURITY_POLICY;
    response.headers_mut().insert(name, HeaderValue::from_static(CSP));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(mime: &str) -> File {
        File { bytes: Cow::Borrowed(b"content"), sha256: [0xab; 32], mime: mime.to_owned() }
    }

    fn ask(path: &str, mime: &str, tag: Option<&str>) -> (u16, String, String) {
        let mut headers = HeaderMap::new();
        if let Some(tag) = tag {
            headers.insert(header::IF_NONE_MATCH, tag.parse().unwrap());
        }
        let response = answer(path, file(mime), &headers);
        let shown = |name| {
            response.headers().get(name).map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
        };
        (response.status().as_u16(), shown(header::CACHE_CONTROL), shown(header::CONTENT_TYPE))
    }

    #[test]
    fn hashed_files_are_kept_for_ever_others_are_asked_for_again_and_pages_never_kept() {
        let tag = format!("\"x\", W/\"{}\"", "ab".repeat(16));
        for (path, mime, known, status, caching, content_type) in [
            (
                "assets/a-1.js",
                "text/javascript",
                None,
                200,
                "public, max-age=31536000, immutable",
                "text/javascript; charset=utf-8",
            ),
            ("favicon.svg", "image/svg+xml", None, 200, "no-cache", "image/svg+xml"),
            ("favicon.svg", "image/svg+xml", Some(tag.as_str()), 304, "no-cache", ""),
            ("favicon.svg", "image/svg+xml", Some("W/\"other\""), 200, "no-cache", "image/svg+xml"),
            ("index.html", "text/html", None, 200, "no-store", "text/html; charset=utf-8"),
            ("index.html", "text/html", Some(tag.as_str()), 200, "no-store", "text/html; charset=utf-8"),
        ] {
            let expected = (status, caching.to_owned(), content_type.to_owned());
            assert_eq!(ask(path, mime, known), expected, "{path} {known:?}");
        }
    }
}
