//! Folders by the names people see.

use crate::support::{ANN, Tokens, World, inbox};
use mailcase_mail::testkit::letter;
use mailcase_mail::{Deadlines, FolderPath, MailSource, RemoteAction, Scope};
use mailcase_testbed::graph::{GraphOptions, TOKEN};

#[tokio::test]
async fn the_tree_is_listed_with_its_roles_and_every_path_leads_back() {
    let world = World::with(GraphOptions { page_max: 2, ..GraphOptions::default() }).await;
    for path in ["Inbox/Größe & Maß/It's", "Inbox/日本語", "Projects/2026/Q1/a+b=100%"] {
        world.server.add_folder(ANN, path).unwrap();
    }
    world.server.create_child(ANN, "Inbox", r"in/out\back").unwrap();
    let mut source = world.source();
    let folders = source.folders().await.unwrap();
    let paths: Vec<&str> = folders.iter().map(|folder| folder.path.as_str()).collect();
    for path in [
        "Inbox",
        "Inbox/Größe & Maß/It's",
        "Inbox/日本語",
        "Projects/2026/Q1/a+b=100%",
        r"Inbox/in\/out\\back",
    ] {
        assert!(paths.contains(&path), "{path} is missing from {paths:?}");
    }
    let role = |path: &str| {
        folders.iter().find(|folder| folder.path.as_str() == path).and_then(|folder| folder.role.as_deref())
    };
    assert_eq!(
        (role("Inbox"), role("Deleted Items"), role("Projects")),
        (Some("inbox"), Some("trash"), None)
    );
    for folder in &folders {
        let page = source.discover(&folder.path, Scope::NewFromAll, None, 1).await;
        assert!(page.is_ok(), "{}: {page:?}", folder.path);
    }
}

#[tokio::test]
async fn well_known_names_lead_to_their_folders_in_any_language() {
    let world = World::start().await;
    world.server.rename_folder(ANN, "Inbox", "Posteingang").unwrap();
    let mut source = world.source();
    world.server.deliver(ANN, "Posteingang", &letter("a"), world.next_second()).unwrap();
    for name in ["inbox", "INBOX", "Posteingang", "posteingang"] {
        let page = source.discover(&FolderPath::new(name), Scope::NewFromAll, None, 10).await.unwrap();
        assert_eq!(page.messages.len(), 1, "{name}");
    }
    // A folder that is called so is that folder.
    world.server.add_folder(ANN, "Inbox").unwrap();
    let mut source = world.source();
    assert!(source.discover(&inbox(), Scope::NewFromAll, None, 10).await.unwrap().messages.is_empty());
}

#[tokio::test]
async fn a_mailbox_is_named_by_object_id_and_folder_in_one_field_or_as_shared() {
    let world = World::start().await;
    let id = world.server.add_mailbox(ANN);
    world.server.add_folder(ANN, "Inbox/Phish: reported").unwrap();
    world.server.deliver(ANN, "Inbox/Phish: reported", &letter("a"), world.next_second()).unwrap();
    world.deliver("in the inbox");
    let name = format!("{id}:Inbox/Phish: reported");
    let mut source = world.source_of(&name, Tokens::of(&[TOKEN]), Deadlines::default());
    let default = FolderPath::new("inbox");
    let page = source.discover(&default, Scope::NewFromAll, None, 10).await.unwrap();
    assert_eq!(source.inventory(&default).await.unwrap().len(), 1);
    let (_, got) = {
        let ids: Vec<_> = page.messages.iter().map(|head| head.id.clone()).collect();
        crate::support::fetch(&mut source, &ids).await
    };
    assert_eq!(got.into_values().collect::<Vec<_>>(), [crate::support::Got::Raw(letter("a"))]);
    assert!(source.check(std::slice::from_ref(&default)).await.passed());
    let shared = format!(r"bob@example.org\{ANN}");
    let mut source = world.source_of(&shared, Tokens::of(&[TOKEN]), Deadlines::default());
    assert_eq!(source.inventory(&default).await.unwrap().len(), 1);
}

#[tokio::test]
async fn moving_to_two_new_levels_at_once_makes_both() {
    let world = World::start().await;
    let id = world.deliver("a");
    let to = RemoteAction::Move(FolderPath::new("Cases/2026"));
    world.source().act(&inbox(), &[id], &to).await.unwrap();
    assert_eq!(world.server.messages(ANN, "Cases/2026").unwrap().len(), 1);
}
