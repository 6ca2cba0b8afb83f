//! From messages as the store tells of them to messages as the API shows them.

use super::evidence::AddressView;
use super::message::{CaseRef, ConnectorRef, DeliveryView, MessageDetail, MessageSummary};

impl From<mailcase_store::MessageSummary> for MessageSummary {
    fn from(message: mailcase_store::MessageSummary) -> Self {
        Self {
            id: message.id.uuid(),
            state: message.state,
            subject: message.subject,
            from: AddressView { name: message.from_name, address: message.from_address },
            to: message.to_text,
            connector: message.connector.into(),
            received_at: message.received_at,
            sent_at: message.sent_at,
            size: message.size,
            attachment_count: message.attachment_count,
            indicator_count: message.indicator_count,
            defect_count: message.defect_count,
            case: message.case.map(Into::into),
            automatic: message.automatic,
            needs_key: message.needs_key,
            same_id_other_content: message.same_id_other_content,
            last_error: message.last_error,
            reason: message.reason,
        }
    }
}

impl From<mailcase_store::ConnectorRef> for ConnectorRef {
    fn from(connector: mailcase_store::ConnectorRef) -> Self {
        Self { id: connector.id.uuid(), name: connector.name }
    }
}

impl From<mailcase_store::CaseRef> for CaseRef {
    fn from(case: mailcase_store::CaseRef) -> Self {
        Self { id: case.id.uuid(), number: case.number, title: case.title }
    }
}

impl From<mailcase_store::Delivery> for DeliveryView {
    fn from(delivery: mailcase_store::Delivery) -> Self {
        Self {
            id: delivery.id.uuid(),
            connector: delivery.connector.into(),
            folder: delivery.folder,
            remote_id: delivery.remote_id,
            state: delivery.state,
            remote_size: delivery.remote_size,
            attempts: delivery.attempts,
            discovered_at: delivery.discovered_at,
            stored_at: delivery.stored_at,
            acknowledged_at: delivery.acknowledged_at,
            last_error: delivery.last_error,
            ack_error: delivery.ack_error,
        }
    }
}

impl From<mailcase_store::MessageDetail> for MessageDetail {
    fn from(detail: mailcase_store::MessageDetail) -> Self {
        Self {
            sha256: detail.summary.hash.to_string(),
            summary: detail.summary.into(),
            evidence: detail.evidence.map(Into::into),
            deliveries: detail.deliveries.into_iter().map(Into::into).collect(),
            same_id: detail.same_id.into_iter().map(mailcase_core::MessageId::uuid).collect(),
        }
    }
}
