//! Folders and lists of messages.

use crate::{ANN, Bench, IDS, MIME, get};

fn find(view: &str, rest: &str) -> String {
    format!(
        "<FindItem Traversal=\"Shallow\"><ItemShape>{IDS}<t:AdditionalProperties>\
         <t:FieldURI FieldURI=\"item:Subject\"/></t:AdditionalProperties></ItemShape>{view}{rest}\
         <ParentFolderIds><t:DistinguishedFolderId Id=\"inbox\"/></ParentFolderIds></FindItem>"
    )
}

fn compare(operator: &str, field: &str, constant: &str) -> String {
    format!(
        "<t:{operator}><t:FieldURI FieldURI=\"{field}\"/><t:FieldURIOrConstant><t:Constant Value=\"{constant}\"/>\
         </t:FieldURIOrConstant></t:{operator}>"
    )
}

#[tokio::test]
async fn folders_are_found_by_name_by_id_and_from_above() {
    let bench = Bench::start().await;
    bench.server.add_folder(ANN, "Inbox/Reports/2026").unwrap();
    bench.deliver("m1");
    let folders = |ids: &str, base: &str| {
        format!(
            "<GetFolder><FolderShape><t:BaseShape>{base}</t:BaseShape></FolderShape><FolderIds>{ids}</FolderIds></GetFolder>"
        )
    };
    let named = "<t:DistinguishedFolderId Id=\"inbox\"/><t:DistinguishedFolderId Id=\"archiveinbox\"/>\
                 <t:DistinguishedFolderId Id=\"root\"/><t:DistinguishedFolderId Id=\"calendar\"/>\
                 <t:FolderId Id=\"AAMkAGnonsense\"/>";
    let answer = bench.call(&folders(named, "Default")).await;
    let codes = ["NoError", "ErrorFolderNotFound", "NoError", "NoError", "ErrorInvalidIdMalformed"];
    assert_eq!(answer.codes(), codes);
    assert_eq!(answer.all("TotalCount")[0], "1");
    assert_eq!(answer.all("UnreadCount")[0], "1");
    assert_eq!(answer.all("CalendarFolder").len(), 1);
    let inbox = &answer.attributes("FolderId", "Id")[0];
    let again = bench.call(&folders(&format!("<t:FolderId Id=\"{inbox}\"/>"), "AllProperties")).await;
    assert_eq!(again.one("DisplayName"), "Inbox");
    let below = |traversal: &str| {
        format!(
            "<FindFolder Traversal=\"{traversal}\"><FolderShape><t:BaseShape>Default</t:BaseShape></FolderShape>\
             <ParentFolderIds><t:FolderId Id=\"{inbox}\"/></ParentFolderIds></FindFolder>"
        )
    };
    assert_eq!(bench.call(&below("Shallow")).await.all("DisplayName"), ["Reports"]);
    assert_eq!(bench.call(&below("Deep")).await.all("DisplayName"), ["Reports", "2026"]);
}

#[tokio::test]
async fn the_tree_is_synchronized() {
    let bench = Bench::start().await;
    bench.server.add_folder(ANN, "Inbox/Reports").unwrap();
    let sync = |state: &str| {
        let state = if state.is_empty() { String::new() } else { format!("<SyncState>{state}</SyncState>") };
        format!(
            "<SyncFolderHierarchy><FolderShape><t:BaseShape>Default</t:BaseShape></FolderShape>{state}</SyncFolderHierarchy>"
        )
    };
    let first = bench.call(&sync("")).await;
    assert!(first.all("DisplayName").contains(&"Reports".to_owned()));
    assert_eq!(first.all("Delete").len() + first.all("Update").len(), 0);
    bench.server.add_folder(ANN, "Archive/Old").unwrap();
    bench.server.rename_folder(ANN, "Drafts", "Entwürfe").unwrap();
    bench.server.remove_folder(ANN, "Inbox/Reports").unwrap();
    let second = bench.call(&sync(&first.one("SyncState"))).await;
    assert_eq!(second.all("DisplayName"), ["Entwürfe", "Old"]);
    assert_eq!(
        [second.all("Update").len(), second.all("Create").len(), second.all("Delete").len()],
        [1, 1, 1]
    );
}

#[tokio::test]
async fn messages_are_restricted_sorted_and_paged() {
    let bench = Bench::start().await;
    let mut ids = Vec::new();
    for subject in ["m1", "m2", "m3", "m4", "m5"] {
        ids.push(bench.deliver(subject));
    }
    bench.server.mark_read(ANN, &ids[1]).unwrap();
    assert_eq!(bench.call(&find("", "")).await.all("Subject"), ["m5", "m4", "m3", "m2", "m1"]);
    let ascending = "<SortOrder><t:FieldOrder Order=\"Ascending\"><t:FieldURI FieldURI=\"item:DateTimeReceived\"/>\
                     </t:FieldOrder></SortOrder>";
    // exchangelib writes 0, others false.
    for unread in ["0", "false"] {
        let restriction =
            format!("<Restriction>{}</Restriction>", compare("IsEqualTo", "message:IsRead", unread));
        let answer = bench.call(&find("", &format!("{restriction}{ascending}"))).await;
        assert_eq!(answer.all("Subject"), ["m1", "m3", "m4", "m5"]);
    }
    let both = format!(
        "<Restriction><t:And>{}<t:Not>{}</t:Not></t:And></Restriction>",
        compare("IsGreaterThanOrEqualTo", "item:DateTimeReceived", "2026-01-10T00:00:03Z"),
        compare("IsEqualTo", "item:Subject", "M4")
    );
    assert_eq!(bench.call(&find("", &both)).await.all("Subject"), ["m5", "m3"]);
    let page = |offset: usize| {
        format!("<IndexedPageItemView MaxEntriesReturned=\"2\" Offset=\"{offset}\" BasePoint=\"Beginning\"/>")
    };
    let middle = bench.call(&find(&page(2), ascending)).await;
    assert_eq!(middle.all("Subject"), ["m3", "m4"]);
    assert_eq!(middle.attributes("RootFolder", "IncludesLastItemInRange"), ["false"]);
    assert_eq!(middle.attributes("RootFolder", "IndexedPagingOffset"), ["4"]);
    let last = bench.call(&find(&page(4), ascending)).await;
    assert_eq!(last.attributes("RootFolder", "IncludesLastItemInRange"), ["true"]);
    assert_eq!(last.attributes("RootFolder", "TotalItemsInView"), ["5"]);
    let contains = "<Restriction><t:Contains ContainmentMode=\"Substring\" ContainmentComparison=\"IgnoreCase\">\
                    <t:FieldURI FieldURI=\"item:Subject\"/><t:Constant Value=\"M2\"/></t:Contains></Restriction>";
    assert_eq!(bench.call(&find("", contains)).await.all("Subject"), ["m2"]);
}

#[tokio::test]
async fn lists_have_no_content_and_say_so() {
    let bench = Bench::start().await;
    bench.deliver("m1");
    let find = find("", "").replace(IDS, MIME);
    let refused = bench.call(&find).await;
    assert_eq!((refused.status, refused.codes()), (500, vec!["ErrorInvalidPropertyRequest".to_owned()]));
    let sync = crate::sync("", 10).replace(IDS, MIME);
    assert_eq!(bench.call(&sync).await.codes(), ["ErrorInvalidPropertyForOperation"]);
}

#[tokio::test]
async fn items_are_given_whole_and_what_is_not_there_fails_alone() {
    let bench = Bench::start().await;
    bench.deliver("m1");
    bench.deliver("m2");
    let mut ids = bench.ids("inbox").await;
    let whole = bench.call(&get("<t:BaseShape>AllProperties</t:BaseShape>", &ids)).await;
    assert_eq!(whole.all("InternetMessageId"), ["<m1@suite.example>", "<m2@suite.example>"]);
    assert_eq!(whole.attributes("Body", "BodyType"), ["", "Text", "Text"], "that of the envelope and two");
    assert!(whole.all("InternetMessageHeader").contains(&"Ada <ada@example.org>".to_owned()));
    let first = bench.server.messages(ANN, "Inbox").unwrap()[0].id.clone();
    bench.server.purge(ANN, &first).unwrap();
    ids.push("AAMkAGnonsense".to_owned());
    // An immutable identity of Graph means nothing here.
    ids.push(bench.server.messages(ANN, "Inbox").unwrap()[0].id.clone());
    let answer = bench.call(&get(MIME, &ids)).await;
    let codes = ["ErrorItemNotFound", "NoError", "ErrorInvalidIdMalformed", "ErrorInvalidIdMalformed"];
    assert_eq!(answer.codes(), codes);
    let raw = data_encoding::BASE64.decode(answer.one("MimeContent").as_bytes()).unwrap();
    assert_eq!(raw, crate::letter("m2").as_bytes());
}

#[tokio::test]
async fn items_are_of_many_kinds() {
    let bench = Bench::start().await;
    let invitation = |method: &str| {
        format!(
            "From: a@example.org\r\nSubject: {method}\r\nMIME-Version: 1.0\r\nContent-Type: text/calendar; \
             method={method}; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
        )
    };
    for method in ["REQUEST", "CANCEL", "REPLY"] {
        bench.server.deliver_now(ANN, invitation(method).as_bytes()).unwrap();
    }
    let report = "From: a@example.org\r\nSubject: report\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; \
                  report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n";
    bench.server.deliver_now(ANN, report.as_bytes()).unwrap();
    let ids = bench.ids("inbox").await;
    let whole = bench.call(&get("<t:BaseShape>AllProperties</t:BaseShape>", &ids)).await;
    let counted = ["MeetingRequest", "MeetingCancellation", "MeetingResponse", "Message"]
        .map(|element| whole.all(element).len());
    assert_eq!(counted, [1, 1, 1, 1]);
    let mut classes = whole.all("ItemClass");
    classes.sort();
    let expected = [
        "IPM.Schedule.Meeting.Canceled",
        "IPM.Schedule.Meeting.Request",
        "IPM.Schedule.Meeting.Resp.Pos",
        "REPORT.IPM.Note.NDR",
    ];
    assert_eq!(classes, expected);
    let changed = bench.call(&crate::set_read(&ids, true)).await;
    assert_eq!(changed.codes(), ["NoError"; 4]);
}
