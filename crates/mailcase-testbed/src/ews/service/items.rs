//! GetItem.

use super::super::shape::{self, Shape};
use super::super::soap::{Call, Failure, Reply};
use super::{ItemAt, Site, each};

pub(super) fn get(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    let shape = Shape::read(call.operation, "ItemShape")?;
    each(site, call, "ItemIds", "<m:Items/>", |site, node| {
        let ItemAt { mailbox, key } = site.item(node)?;
        let broken = site.broken;
        let mailbox = site.mailbox(mailbox)?;
        let message = mailbox.messages.get(&key).ok_or_else(|| Failure::of("ErrorItemNotFound"))?;
        if shape.mime
            && let Some(code) = broken.get(&mailbox.message_id(message, true))
        {
            return Err(Failure::of(code));
        }
        Ok(shape::items(mailbox, message, &shape))
    })
}
