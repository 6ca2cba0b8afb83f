//! The certificate authorities everybody trusts: those of the platform, or Mozilla's where the platform has none.

use rustls::RootCertStore;
use std::sync::{Arc, OnceLock};

/// Read once: the files do not change while a program runs, and parsing 150 certificates takes milliseconds.
pub(crate) fn everybody() -> &'static Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let mut store = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "some of the platform's certificates cannot be read");
        }
        let (added, ignored) = store.add_parsable_certificates(found.certs);
        if added == 0 {
            tracing::info!(ignored, "the platform has no certificate authorities; Mozilla's are used");
            store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        Arc::new(store)
    })
}
