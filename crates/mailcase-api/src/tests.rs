//! The API as its callers see it: requests through the whole router, over a real store.

mod analyses;
mod announcements;
mod connectors;
mod desk;
mod document;
mod downloads;
mod events;
mod grants;
mod indicators;
mod interface;
mod keys;
mod migration;
mod origin_settings;
mod patterns;
mod problems;
mod serving;
mod sessions;
mod setup;
mod walk;
mod world;
