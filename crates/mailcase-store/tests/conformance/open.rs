//! Opening a store.

use crate::fixture::Fixture;
use mailcase_store::{BlobConfig, Store, StoreConfig};

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

pub(crate) async fn a_volume_that_is_not_mounted_is_an_outage_and_no_damage(fx: &Fixture) {
    let StoreConfig { blobs: BlobConfig::Disk { dir }, .. } = &fx.config else { return };
    let message = fx.deliver("1", "raw bytes").await;
    let aside = dir.with_extension("aside");
    std::fs::rename(dir, &aside).unwrap();
    std::fs::create_dir(dir).unwrap();
    let error = fx.store.read_blob(message.hash).await.unwrap_err();
    assert!(error.is_outage(), "{error}");
    let error = Store::open(fx.config.clone()).await.unwrap_err();
    assert!(error.to_string().contains("volume mounted"), "{error}");
    assert!(!dir.join("segments").exists(), "nothing is written below a mount point");
    std::fs::remove_dir(dir).unwrap();
    std::fs::rename(&aside, dir).unwrap();
    assert_eq!(fx.another_process().await.read_blob(message.hash).await.unwrap(), "raw bytes");
}
