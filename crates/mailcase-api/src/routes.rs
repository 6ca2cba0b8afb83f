//! The operations of the API, one file per subject.

mod accounting;
mod alarms;
mod analyses;
mod audit;
mod cases;
mod connector_record;
mod connector_trial;
mod connectors;
mod content;
mod documentation;
mod events;
mod grants;
mod indicator_exports;
mod indicators;
mod keys;
mod messages;
mod migration;
mod origin_settings;
mod patterns;
mod preview;
mod reexaminations;
mod session;
mod setup;
mod tokens;
mod users;

use crate::openapi;
use crate::state::ApiState;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use std::time::Duration;
use tower_http::timeout::TimeoutLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// For what needs the database only. Streams count until their first byte.
const QUICK: Duration = Duration::from_secs(30);
/// For what asks a mailbox: name resolution, TCP, TLS, sign-in and folders have 20 to 60 seconds each.
const ASKS_MAILBOX: Duration = Duration::from_secs(180);
/// For the inventory of a whole mailbox.
const COUNTS_MAILBOX: Duration = Duration::from_secs(1800);

fn within(limit: Duration) -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, limit)
}

/// Every operation there is.
pub(crate) fn all() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(openapi::skeleton())
        .merge(people().layer(within(QUICK)))
        .merge(connectors().layer(within(QUICK)))
        .merge(desk().layer(within(QUICK)))
        .merge(indicators().layer(within(QUICK)))
        .merge(keys().layer(within(QUICK)))
        .merge(mailbox().layer(within(ASKS_MAILBOX)))
        .merge(counting().layer(within(COUNTS_MAILBOX)))
}

fn people() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(setup::read_setup, setup::complete_setup))
        .routes(routes!(session::sign_in, session::read_session, session::sign_out))
        .routes(routes!(session::list_sessions))
        .routes(routes!(session::revoke_session))
        .routes(routes!(tokens::list_tokens, tokens::create_token))
        .routes(routes!(tokens::revoke_token))
        .routes(routes!(users::list_users, users::create_user))
        .routes(routes!(users::update_user))
        .routes(routes!(users::list_people))
        .routes(routes!(audit::list_audit))
        .routes(routes!(documentation::read_openapi))
        .routes(routes!(documentation::read_reference))
}

fn connectors() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(connectors::list_connector_kinds))
        .routes(routes!(connectors::list_connectors, connectors::create_connector))
        .routes(routes!(
            connectors::read_connector,
            connectors::update_connector,
            connectors::delete_connector
        ))
        .routes(routes!(connectors::activate_connector))
        .routes(routes!(connectors::deactivate_connector))
        .routes(routes!(connectors::poll_connector))
        .routes(routes!(connector_record::list_connector_log))
        .routes(routes!(connector_record::read_needs_attention))
        .routes(routes!(connector_record::retry_delivery))
        .routes(routes!(alarms::list_alarms))
        .routes(routes!(origin_settings::read_origin_settings, origin_settings::save_origin_settings))
}

fn mailbox() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(connector_trial::test_connector))
        .routes(routes!(connector_trial::list_connector_folders))
        .routes(routes!(connector_trial::preview_filter))
        .routes(routes!(grants::begin_grant, grants::withdraw_grant))
        .routes(routes!(grants::complete_grant))
        .routes(routes!(connector_record::look_again))
        .routes(routes!(migration::read_migration, migration::start_migration, migration::end_migration))
        .routes(routes!(migration::compare_sources))
        .routes(routes!(migration::switch_sources))
}

fn counting() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(accounting::read_accounting, accounting::run_accounting))
        .routes(routes!(accounting::fetch_accounting_gaps))
}

fn keys() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(keys::list_keys, keys::add_key))
        .routes(routes!(keys::inspect_key))
        .routes(routes!(keys::delete_key))
        .layer(DefaultBodyLimit::max(keys::BODY_BYTES_MAX))
}

fn indicators() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(indicators::search_indicators))
        .routes(routes!(indicators::look_up_indicators))
        .routes(routes!(indicators::list_marks, indicators::set_mark, indicators::take_back_mark))
        .routes(routes!(indicators::list_message_indicators))
        .routes(routes!(indicator_exports::export_found_indicators))
        .routes(routes!(indicator_exports::export_message_indicators))
        .routes(routes!(indicator_exports::export_case_indicators))
}

fn desk() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(messages::list_messages))
        .routes(routes!(messages::read_message))
        .routes(routes!(messages::retry_message))
        .routes(routes!(content::download_message))
        .routes(routes!(content::download_part))
        .routes(routes!(content::read_part_text))
        .routes(routes!(content::read_part_evidence))
        .routes(routes!(analyses::analyse_file))
        .routes(routes!(reexaminations::list_reexaminations, reexaminations::request_reexamination))
        .routes(routes!(reexaminations::read_reexamination))
        .routes(routes!(reexaminations::cancel_reexamination))
        .routes(routes!(preview::preview_message))
        .routes(routes!(preview::read_preview_facts))
        .routes(routes!(cases::list_cases, cases::create_case))
        .routes(routes!(cases::read_case, cases::update_case))
        .routes(routes!(cases::list_case_messages))
        .routes(routes!(cases::list_case_indicators))
        .routes(routes!(cases::list_case_attachments))
        .routes(routes!(cases::list_case_reports))
        .routes(routes!(cases::list_case_timeline))
        .routes(routes!(cases::add_case_note))
        .routes(routes!(patterns::list_patterns, patterns::add_pattern))
        .routes(routes!(patterns::change_pattern, patterns::delete_pattern))
        .routes(routes!(patterns::list_named_patterns))
        .routes(routes!(patterns::try_pattern))
        .routes(routes!(events::stream_events))
}
