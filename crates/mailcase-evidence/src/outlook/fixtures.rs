//! Messages made for tests.
