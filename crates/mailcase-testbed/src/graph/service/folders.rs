//! Folders: the tree, one folder, new ones.

use super::super::filter::{Filter, at};
use super::super::http::{Answer, Refusal, Reply, Request};
use super::super::shape;
use super::{Desk, check_options, only, page};
use crate::exchange::world::Mailbox;
use hyper::{Method, StatusCode};
use serde_json::Value;

/// `mailFolders` and `childFolders`.
pub(super) fn collection(desk: &mut Desk<'_>, request: &Request, parent: u64) -> Answer {
    check_options(request)?;
    if request.method == Method::POST {
        return create(desk, request, parent);
    }
    only(request, &Method::GET)?;
    let filter = request.query.get("$filter").map(Filter::parse).transpose()?;
    let select = request.query.list("$select");
    let mailbox = &desk.mailbox;
    let keys: Vec<u64> = mailbox.children(parent).map(|(key, _)| key).collect();
    let accepted = keys.into_iter().filter(|key| {
        filter
            .as_ref()
            .is_none_or(|filter| filter.accepts(&|path| at(&shape::folder(mailbox, *key, None), path)))
    });
    let all = accepted.collect();
    page(request, desk.paging, "mailFolders", all, |key| shape::folder(mailbox, key, select.as_deref()))
}

fn create(desk: &mut Desk<'_>, request: &Request, parent: u64) -> Answer {
    let body = request.object()?;
    let name = body.get("displayName").and_then(Value::as_str).unwrap_or_default().trim();
    if name.is_empty() {
        return Err(Refusal::bad_request("ErrorFolderSaveError", "The folder needs a name."));
    }
    let Some(key) = desk.mailbox.create_folder(parent, name) else {
        let message = "A folder with the specified name already exists.";
        return Err(Refusal::new(StatusCode::CONFLICT, "ErrorFolderExists", message));
    };
    Ok(Reply::created(&shape::folder(desk.mailbox, key, None)))
}

/// One folder.
pub(super) fn one(desk: &mut Desk<'_>, request: &Request, folder: u64) -> Answer {
    match request.method {
        Method::GET => {
            let select = request.query.list("$select");
            Ok(Reply::ok(&shape::folder(desk.mailbox, folder, select.as_deref())))
        }
        Method::PATCH => {
            let body = request.object()?;
            if let Some(name) = body.get("displayName").and_then(Value::as_str) {
                desk.mailbox.rename_folder(folder, name);
            }
            Ok(Reply::ok(&shape::folder(desk.mailbox, folder, None)))
        }
        Method::DELETE if !Mailbox::is_built_in(folder) => {
            desk.mailbox.delete_folder(folder, desk.now);
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        Method::DELETE => {
            let message = "Distinguished folders cannot be deleted.";
            Err(Refusal::bad_request("ErrorDeleteDistinguishedFolder", message))
        }
        _ => only(request, &Method::GET).map(|()| Reply::empty(StatusCode::NO_CONTENT)),
    }
}
