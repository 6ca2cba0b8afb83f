//! Mail that leaves from the mailbox.

use crate::client::Call;
use crate::source::GraphSource;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mailcase_mail::SourceError;

/// What Graph takes in one request, after base64 made it a third longer.
const MIME_MAX_BYTES: usize = 3 * (1 << 20) - (64 << 10);

impl GraphSource {
    /// Sends a complete message as it is, so that `In-Reply-To` and `References` keep it in its thread; it is kept among
    /// the sent items. Not repeated when the connection breaks: it may have left already.
    ///
    /// # Errors
    /// [`SourceError::Unsupported`] when it is larger than Graph takes at once; otherwise as every call.
    pub async fn send(&mut self, message: &[u8]) -> Result<(), SourceError> {
        if message.len() > MIME_MAX_BYTES {
            return Err(SourceError::Unsupported {
                message: "the message is larger than the 3 MB Graph sends at once".to_owned(),
                hint: Some("Leave attachments out, or make them smaller.".to_owned()),
            });
        }
        let call = Call::post_mime(format!("{}/sendMail", self.root), STANDARD.encode(message));
        let sent = self.client.send(&call).await;
        sent.map(drop).map_err(|trouble| trouble.into_error("send the message"))
    }
}
