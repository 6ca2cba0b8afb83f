//! FindItem: the messages of a folder that fit, sorted, in pages.

use super::super::restriction::{Restriction, Sorting};
use super::super::shape::{self, Shape};
use super::super::sheet::Sheet;
use super::super::soap::{Call, Failure, Reply, text_of};
use super::folders::Page;
use super::{FolderAt, Site, each};
use crate::exchange::world::Message;

pub(super) fn serve(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    let shape = Shape::read(call.operation, "ItemShape")?;
    // Lists never have the content of messages; whoever asks learns that.
    if shape.mime || shape.named.iter().any(|named| shape::is_single(named)) {
        return Err(Failure::new(
            "ErrorInvalidPropertyRequest",
            "The property can not be used with this type of request.",
        ));
    }
    let restriction = Restriction::read(call.operation)?;
    let sorting = Sorting::read(call.operation)?;
    let associated = call.operation.attribute("Traversal") == Some("Associated");
    let query = text_of(call.operation, "QueryString");
    if !query.is_empty() {
        return Err(Failure::new("ErrorInvalidRequest", "This server searches by restrictions alone."));
    }
    each(site, call, "ParentFolderIds", "", |site, node| {
        let FolderAt { mailbox, key } = site.folder(node)?;
        let page = Page::read(call.operation, "IndexedPageItemView", site.limits.find_page)?;
        let mailbox = site.mailbox(mailbox)?;
        let mut found: Vec<&Message> = Vec::new();
        for message in mailbox.in_folder(key).filter(|_| !associated) {
            let fits = match &restriction {
                Some(restriction) => restriction.accepts(mailbox, message)?,
                None => true,
            };
            if fits {
                found.push(message);
            }
        }
        sorting.apply(mailbox, &mut found)?;
        let mut sheet = Sheet::default();
        let (from, to) = page.open(&mut sheet, found.len());
        sheet.open("t:Items");
        for message in found.get(from..to).unwrap_or_default() {
            shape::message(&mut sheet, mailbox, message, &shape, true);
        }
        sheet.close("t:Items").close("m:RootFolder");
        Ok(sheet)
    })
}
