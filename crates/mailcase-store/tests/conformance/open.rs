//! Opening a store.

use crate::fixture::Fixture;
use mailcase_store::Store;

pub(crate) async fn many_processes_open_a_new_store_at_once(fx: &Fixture) {
    let config = fx.new_database().await;
    let tasks: Vec<_> = (0..6).map(|_| tokio::spawn(Store::open(config.clone()))).collect();
    let mut stores = Vec::new();
    for task in tasks {
        stores.push(task.await.unwrap().unwrap());
    }
    let org = stores[0].create_organization("Example").await.unwrap();
    for store in &stores {
        store.ready().await.unwrap();
        assert_eq!(store.organization(org).await.unwrap().name, "Example");
        store.close().await;
        assert!(store.ready().await.is_err());
    }
}
