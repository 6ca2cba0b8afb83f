//! Identities in other formats, names of people, and what clients ask to learn what kind of server this is.

use super::super::ids;
use super::super::sheet::Sheet;
use super::super::soap::{Call, Failure, Reply, single, text_of};
use super::{Site, each};
use crate::exchange::ids::Named;
use roxmltree::Node;

/// Between `EwsId` and `OwaId`, which are one here, and `EntryId`, `HexEntryId` and `StoreId`, which are that in hex.
pub(super) fn convert_id(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    let format = call.operation.attribute("DestinationFormat").unwrap_or_default().to_owned();
    each(site, call, "SourceIds", "", |site, node| {
        let text = node.attribute("Id").unwrap_or_default();
        let id = match node.attribute("Format").unwrap_or_default() {
            "EwsId" | "OwaId" => text.to_owned(),
            _ => unhex(text).ok_or_else(|| Failure::of("ErrorInvalidIdMalformed"))?,
        };
        let address = {
            let (mailbox, named) =
                ids::find(site.world, &id).ok_or_else(|| Failure::of("ErrorInvalidIdMalformed"))?;
            if matches!(named, Named::Key(_)) {
                return Err(Failure::of("ErrorInvalidIdMalformed"));
            }
            mailbox.address.clone()
        };
        let id = match format.as_str() {
            "EwsId" | "OwaId" => id,
            _ => data_encoding::HEXUPPER.encode(id.as_bytes()),
        };
        let mut sheet = Sheet::default();
        sheet.empty(
            "m:AlternateId",
            &[("xsi:type", "t:AlternateIdType"), ("Format", &format), ("Id", &id), ("Mailbox", &address)],
        );
        Ok(sheet)
    })
}

fn unhex(text: &str) -> Option<String> {
    let bytes = data_encoding::HEXUPPER_PERMISSIVE.decode(text.as_bytes()).ok()?;
    String::from_utf8(bytes).ok()
}

/// Finds mailboxes by the beginning of their address.
pub(super) fn resolve_names(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    let entry = text_of(call.operation, "UnresolvedEntry").to_lowercase();
    let entry = entry.strip_prefix("smtp:").unwrap_or(&entry);
    let found: Vec<String> = site
        .world
        .mailboxes
        .iter()
        .filter(|mailbox| !entry.is_empty() && mailbox.address.to_lowercase().starts_with(entry))
        .map(|mailbox| mailbox.address.clone())
        .collect();
    if found.is_empty() {
        return Ok(single("ResolveNames", Err(Failure::of("ErrorNameResolutionNoResults")), ""));
    }
    let mut sheet = Sheet::default();
    let total = found.len().to_string();
    sheet.open_with("m:ResolutionSet", &[("TotalItemsInView", &total), ("IncludesLastItemInRange", "true")]);
    for address in found {
        sheet.open("t:Resolution").open("t:Mailbox");
        sheet.leaf("t:Name", address.split('@').next().unwrap_or_default());
        sheet.leaf("t:EmailAddress", &address).leaf("t:RoutingType", "SMTP");
        sheet.leaf("t:MailboxType", "Mailbox").close("t:Mailbox").close("t:Resolution");
    }
    sheet.close("m:ResolutionSet");
    Ok(single("ResolveNames", Ok(sheet), ""))
}

/// Nobody here has settings of Outlook on the web.
pub(super) fn user_configuration(call: &Call<'_>) -> Result<Reply, Failure> {
    let has_name =
        call.operation.children().any(|node: Node<'_, '_>| node.tag_name().name() == "UserConfigurationName");
    if !has_name {
        return Err(Failure::schema("The element 'UserConfigurationName' is missing."));
    }
    Ok(single("GetUserConfiguration", Err(Failure::of("ErrorItemNotFound")), ""))
}

/// UTC, whichever is asked for.
pub(super) fn time_zones(_: &Call<'_>) -> Result<Reply, Failure> {
    let mut sheet = Sheet::default();
    sheet.open("m:TimeZoneDefinitions");
    sheet.empty("t:TimeZoneDefinition", &[("Id", "UTC"), ("Name", "(UTC) Coordinated Universal Time")]);
    sheet.close("m:TimeZoneDefinitions");
    Ok(single("GetServerTimeZones", Ok(sheet), ""))
}
