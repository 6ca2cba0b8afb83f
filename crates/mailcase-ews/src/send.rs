//! Mail that leaves from the mailbox.

use crate::client::Call;
use crate::source::EwsSource;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mailcase_mail::SourceError;

/// Exchange takes requests of 35 MB and more, in which base64 makes a message a third longer; it is held in memory.
const MIME_MAX_BYTES: usize = 25 << 20;

impl EwsSource {
    /// Sends a complete message as it is, so that `In-Reply-To` and `References` keep it in its thread; it is kept among
    /// the sent items. Not repeated when the connection breaks: it may have left already.
    ///
    /// # Errors
    /// [`SourceError::Unsupported`] when it is larger than Exchange takes at once; otherwise as every call.
    pub async fn send(&mut self, message: &[u8]) -> Result<(), SourceError> {
        if message.len() > MIME_MAX_BYTES {
            return Err(SourceError::Unsupported {
                message: "the message is larger than the 25 MB that are sent at once".to_owned(),
                hint: Some("Leave attachments out, or make them smaller.".to_owned()),
            });
        }
        let call = Call::new(format!(
            "<m:CreateItem MessageDisposition=\"SendAndSaveCopy\"><m:SavedItemFolderId>{}</m:SavedItemFolderId><m:Items>\
             <t:Message><t:MimeContent CharacterSet=\"UTF-8\">{}</t:MimeContent></t:Message></m:Items></m:CreateItem>",
            self.client.well_known("sentitems"),
            STANDARD.encode(message)
        ));
        let sent = self.client.one(&call.once()).await;
        sent.map(drop).map_err(|trouble| trouble.into_error("send the message"))
    }
}
