//! Changes to messages.

use crate::{ANN, Bench, IDS, MIME, get, item, set_read, sync};
use mailcase_testbed::ews::Event;

fn relocate(operation: &str, ids: &[String], folder: &str) -> String {
    let ids: String = ids.iter().map(|id| item(id)).collect();
    format!(
        "<{operation}><ToFolderId><t:DistinguishedFolderId Id=\"{folder}\"/></ToFolderId><ItemIds>{ids}</ItemIds></{operation}>"
    )
}

fn delete(ids: &[String], kind: &str) -> String {
    let ids: String = ids.iter().map(|id| item(id)).collect();
    format!("<DeleteItem DeleteType=\"{kind}\"><ItemIds>{ids}</ItemIds></DeleteItem>")
}

#[tokio::test]
async fn marking_read_is_told_apart_from_other_changes_and_noted() {
    let bench = Bench::start().await;
    bench.deliver("m1");
    bench.deliver("m2");
    let ids = bench.ids("inbox").await;
    let state = bench.call(&sync("", 512)).await.one("SyncState");
    let gone = vec![ids[0].clone(), "AAMkAGnonsense".to_owned()];
    let answer = bench.call(&set_read(&gone, true)).await;
    assert_eq!(answer.codes(), ["NoError", "ErrorInvalidIdMalformed"]);
    let flag = set_read(&ids[1..], true)
        .replace("message:IsRead", "item:Importance")
        .replace("<t:IsRead>true</t:IsRead>", "<t:Importance>High</t:Importance>");
    assert_eq!(bench.call(&flag).await.codes(), ["NoError"]);
    let changes = bench.call(&sync(&state, 512)).await;
    assert_eq!([changes.all("ReadFlagChange").len(), changes.all("Update").len()], [1, 1]);
    let read: Vec<bool> =
        bench.server.messages(ANN, "Inbox").unwrap().iter().map(|message| message.read).collect();
    assert_eq!(read, [true, false]);
    assert_eq!(bench.call(&set_read(&ids[..1], true)).await.codes(), ["NoError"], "twice is once");
    let marked = bench.server.ledger().iter().filter(|entry| entry.event == Event::MarkedRead).count();
    assert_eq!(marked, 1);
}

#[tokio::test]
async fn a_change_in_ignorance_of_another_is_refused_when_that_is_wanted() {
    let bench = Bench::start().await;
    bench.deliver("m1");
    let ids = bench.ids("inbox").await;
    let careful = |key: &str| {
        set_read(&ids, true)
            .replace("AlwaysOverwrite", "NeverOverwrite")
            .replace("\"/><t:Updates>", &format!("\"{key}/><t:Updates>"))
    };
    assert_eq!(bench.call(&careful("")).await.codes(), ["ErrorChangeKeyRequired"]);
    assert_eq!(bench.call(&careful(" ChangeKey=\"old\"")).await.codes(), ["ErrorIrresolvableConflict"]);
    let key = bench.call(&get(IDS, &ids)).await.attributes("ItemId", "ChangeKey").remove(0);
    assert_eq!(bench.call(&careful(&format!(" ChangeKey=\"{key}\""))).await.codes(), ["NoError"]);
}

#[tokio::test]
async fn identities_change_with_a_move_and_messages_are_copied() {
    let bench = Bench::start().await;
    bench.deliver("m1");
    let ids = bench.ids("inbox").await;
    let moved = bench.call(&relocate("MoveItem", &ids, "junkemail")).await;
    let new = moved.attributes("ItemId", "Id");
    assert_ne!(new, ids);
    assert_eq!(bench.call(&get(MIME, &ids)).await.codes(), ["ErrorItemNotFound"]);
    assert_eq!(bench.call(&relocate("MoveItem", &ids, "junkemail")).await.codes(), ["ErrorItemNotFound"]);
    assert_eq!(bench.call(&relocate("CopyItem", &new, "drafts")).await.codes(), ["NoError"]);
    assert_eq!(bench.server.messages(ANN, "Junk Email").unwrap().len(), 1);
    assert_eq!(bench.server.messages(ANN, "Drafts").unwrap().len(), 1);
    let nowhere = relocate("MoveItem", &new, "junkemail").replace("junkemail", "archiveinbox");
    assert_eq!(bench.call(&nowhere).await.codes(), ["ErrorToFolderNotFound"]);
}

#[tokio::test]
async fn deleting_goes_to_the_bin_or_for_good() {
    let bench = Bench::start().await;
    bench.deliver("m1");
    bench.deliver("m2");
    let ids = bench.ids("inbox").await;
    assert_eq!(bench.call(&delete(&ids[..1], "MoveToDeletedItems")).await.codes(), ["NoError"]);
    assert_eq!(bench.call(&delete(&ids[1..], "HardDelete")).await.codes(), ["NoError"]);
    assert_eq!(
        bench.call(&delete(&ids, "HardDelete")).await.codes(),
        ["ErrorItemNotFound", "ErrorItemNotFound"]
    );
    assert_eq!(bench.server.messages(ANN, "Deleted Items").unwrap().len(), 1);
    assert_eq!(bench.server.messages(ANN, "Inbox").unwrap().len(), 0);
}

#[tokio::test]
async fn identities_are_converted_between_the_formats() {
    let bench = Bench::start().await;
    bench.deliver("m1");
    let id = bench.ids("inbox").await.remove(0);
    let convert = |id: &str, from: &str, into: &str| {
        format!(
            "<ConvertId DestinationFormat=\"{into}\"><SourceIds><t:AlternateId Format=\"{from}\" Id=\"{id}\" \
             Mailbox=\"{ANN}\"/></SourceIds></ConvertId>"
        )
    };
    let there = bench.call(&convert(&id, "EwsId", "HexEntryId")).await;
    let hex = there.attributes("AlternateId", "Id").remove(0);
    let back = bench.call(&convert(&hex, "HexEntryId", "EwsId")).await;
    assert_eq!(back.attributes("AlternateId", "Id"), [id]);
    let dummy = bench.call(&convert("DUMMY", "EwsId", "EntryId")).await;
    assert_eq!(dummy.codes(), ["ErrorInvalidIdMalformed"]);
}

#[tokio::test]
async fn what_one_simulator_does_the_other_sees() {
    use mailcase_testbed::graph::{GraphOptions, GraphServer, TOKEN};
    let bench = Bench::start().await;
    let graph =
        GraphServer::start_on(bench.server.exchange().clone(), GraphOptions::default()).await.unwrap();
    bench.deliver("m1");
    let ids = bench.ids("inbox").await;
    bench.call(&set_read(&ids, true)).await;
    let url = format!("{}/v1.0/users/{ANN}/mailFolders/inbox/messages", graph.origin());
    let list: serde_json::Value =
        crate::client().get(url).bearer_auth(TOKEN).send().await.unwrap().json().await.unwrap();
    assert_eq!(list["value"][0]["isRead"], true);
    let rest = list["value"][0]["id"].as_str().unwrap();
    // One identity in two alphabets.
    assert_eq!(rest.replace('-', "/").replace('_', "+"), ids[0]);
    let url = format!("{}/v1.0/users/{ANN}/messages/{rest}", graph.origin());
    let gone = crate::client().delete(url).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(gone.status().as_u16(), 204);
    assert_eq!(bench.call(&get(MIME, &ids)).await.codes(), ["ErrorItemNotFound"]);
}

#[tokio::test]
async fn identities_in_the_alphabet_of_graph_are_none_here() {
    let bench = Bench::start().await;
    for number in 0..8 {
        bench.deliver(&format!("m{number}"));
    }
    let ids = bench.ids("inbox").await;
    let telling = ids.iter().find(|id| id.contains(['/', '+'])).unwrap();
    let rest = telling.replace('/', "-").replace('+', "_");
    assert_eq!(
        bench.call(&get(IDS, &[telling.clone(), rest])).await.codes(),
        ["NoError", "ErrorInvalidIdMalformed"]
    );
}

#[tokio::test]
async fn properties_of_mapi_are_kept_found_and_taken_away() {
    let bench = Bench::start().await;
    bench.deliver("m1");
    bench.deliver("m2");
    let ids = bench.ids("inbox").await;
    let property = "<t:ExtendedFieldURI DistinguishedPropertySetId=\"PublicStrings\" PropertyName=\"seen by\" \
                    PropertyType=\"String\"/>";
    let update = |update: &str| {
        format!(
            "<UpdateItem MessageDisposition=\"SaveOnly\" ConflictResolution=\"AutoResolve\"><ItemChanges>\
             <t:ItemChange>{}<t:Updates>{update}</t:Updates></t:ItemChange></ItemChanges></UpdateItem>",
            item(&ids[0])
        )
    };
    let set = format!(
        "<t:SetItemField>{property}<t:Message><t:ExtendedProperty>{property}<t:Value>robot</t:Value>\
         </t:ExtendedProperty></t:Message></t:SetItemField>"
    );
    assert_eq!(bench.call(&update(&set)).await.codes(), ["NoError"]);
    let shape = format!("{IDS}<t:AdditionalProperties>{property}</t:AdditionalProperties>");
    assert_eq!(bench.call(&get(&shape, &ids)).await.all("Value"), ["robot"]);
    let find = format!(
        "<FindItem Traversal=\"Shallow\"><ItemShape>{IDS}</ItemShape><Restriction><t:IsEqualTo>{property}\
         <t:FieldURIOrConstant><t:Constant Value=\"robot\"/></t:FieldURIOrConstant></t:IsEqualTo></Restriction>\
         <ParentFolderIds><t:DistinguishedFolderId Id=\"inbox\"/></ParentFolderIds></FindItem>"
    );
    assert_eq!(bench.call(&find).await.attributes("ItemId", "Id"), ids[..1]);
    let delete = format!("<t:DeleteItemField>{property}</t:DeleteItemField>");
    assert_eq!(bench.call(&update(&delete)).await.codes(), ["NoError"]);
    assert_eq!(bench.call(&find).await.attributes("ItemId", "Id").len(), 0);
}
