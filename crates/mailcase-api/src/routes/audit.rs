//! The audit trail, for those who may read it.

use crate::access::{ReadAudit, Require};
use crate::dto::people::Person;
use crate::dto::trail::AuditEntryView;
use crate::extract::Query;
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use mailcase_store::{AuditEntry, Store};

/// Who did what, newest first.
#[utoipa::path(get, path = "/audit", tag = "audit", params(PageQuery),
    security(("session" = ["read_audit"]), ("token" = ["read_audit"])),
    responses((status = 200, description = "A page of entries", body = Page<AuditEntryView>)))]
pub(crate) async fn list_audit(
    State(store): State<Store>,
    Require(caller, _): Require<ReadAudit>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<AuditEntryView>>, Problem> {
    let page = store.list_audit(caller.organization, &page.request()?).await?;
    Ok(Json(Page::of(page, |AuditEntry { id, at, actor, action, target, detail }| AuditEntryView {
        id: id.to_string(),
        at,
        actor: Person::acting(actor),
        action,
        target,
        facts: detail,
    })))
}
