//! Folders by the names people see.

use crate::support::{ANN, World, inbox};
use mailcase_mail::testkit::letter;
use mailcase_mail::{FolderPath, MailSource, Scope};
use mailcase_testbed::ews::EwsOptions;

#[tokio::test]
async fn the_tree_is_listed_with_its_roles_and_every_path_leads_back() {
    let world = World::with(EwsOptions { find_page: 2, ..EwsOptions::default() }).await;
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
    for path in ["Calendar", "Contacts"] {
        assert!(!paths.contains(&path), "{path} holds no mail");
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
