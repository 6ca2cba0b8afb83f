//! The body of an HTTP answer, as something XML is read from.

use bytes::Bytes;
use futures::Stream;
use mailcase_transport::http::HttpResponse;
use std::io;
use std::pin::Pin;
use tokio_util::io::StreamReader;

type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// A body that is read as it comes.
pub(crate) type Body = StreamReader<Chunks, Bytes>;

/// Errors of the body come out as they are, within an [`io::Error`]. At the end of the body, and only then, `ended` is
/// called; what it owns is dropped with the body otherwise.
pub(crate) fn body<F: FnOnce() + Send + 'static>(response: HttpResponse, ended: F) -> Body {
    let chunks = futures::stream::unfold(Some((response, ended)), |state| async move {
        let (mut response, ended) = state?;
        match response.chunk().await {
            Ok(Some(chunk)) => Some((Ok(chunk), Some((response, ended)))),
            Ok(None) => {
                ended();
                None
            }
            Err(error) => Some((Err(io::Error::other(error)), None)),
        }
    });
    StreamReader::new(Box::pin(chunks))
}
