//! From what sources and the engine report to what the API shows.

use super::connector::{
    AccountedFolder, AccountingGap, AccountingView, CertificateView, CheckReportView, CheckStepStatus,
    CheckStepView, ConnectorKind, FilterPreviewView, FolderView, GapReasonView, PreviewedMessageView,
    SecretFieldView, UncountedFolderView,
};
use mailcase_engine::{
    Accounting, FilterPreview, FolderAccount, Gap, GapReason, PreviewedMessage, UncountedFolder,
};
use mailcase_mail::{CertificateFacts, CheckReport, CheckStep, Folder, SecretField, SourceKind, StepStatus};

impl From<&SourceKind> for ConnectorKind {
    fn from(kind: &SourceKind) -> Self {
        Self {
            kind: kind.kind.to_owned(),
            title: kind.title.to_owned(),
            description: kind.description.to_owned(),
            settings_schema: kind.settings_schema.clone(),
            secrets: kind.secrets.iter().map(Into::into).collect(),
            successors: kind.successors.iter().map(|kind| (*kind).to_owned()).collect(),
            default_folder: kind.default_folder.to_owned(),
        }
    }
}

impl From<&SecretField> for SecretFieldView {
    fn from(field: &SecretField) -> Self {
        Self {
            name: field.name.to_owned(),
            title: field.title.to_owned(),
            description: field.description.to_owned(),
            optional: field.optional,
            file: field.file,
            show_if: field
                .show_if
                .iter()
                .map(|(setting, values)| {
                    ((*setting).to_owned(), values.iter().map(|value| (*value).to_owned()).collect())
                })
                .collect(),
        }
    }
}

impl From<CheckReport> for CheckReportView {
    fn from(report: CheckReport) -> Self {
        Self {
            passed: report.passed(),
            steps: report.steps.into_iter().map(Into::into).collect(),
            chain: report.chain.into_iter().map(Into::into).collect(),
            untrusted: report.untrusted,
            proxy_chain: report.proxy_chain.into_iter().map(Into::into).collect(),
            proxy_untrusted: report.proxy_untrusted,
        }
    }
}

impl From<CheckStep> for CheckStepView {
    fn from(step: CheckStep) -> Self {
        let status = match step.status {
            StepStatus::Passed => CheckStepStatus::Passed,
            StepStatus::Warning => CheckStepStatus::Warning,
            StepStatus::Failed => CheckStepStatus::Failed,
            StepStatus::Skipped => CheckStepStatus::Skipped,
        };
        let CheckStep { name, title, detail, hint, millis, .. } = step;
        Self { name, title, status, detail, hint, millis }
    }
}

impl From<CertificateFacts> for CertificateView {
    fn from(facts: CertificateFacts) -> Self {
        let CertificateFacts { subject, issuer, names, not_before, not_after, sha256, pem } = facts;
        Self { subject, issuer, names, not_before, not_after, sha256, pem }
    }
}

impl From<FilterPreview> for FilterPreviewView {
    fn from(preview: FilterPreview) -> Self {
        Self {
            messages: preview.messages.into_iter().map(Into::into).collect(),
            not_looked_into: preview.not_looked_into.try_into().unwrap_or(u64::MAX),
        }
    }
}

impl From<PreviewedMessage> for PreviewedMessageView {
    fn from(message: PreviewedMessage) -> Self {
        let PreviewedMessage { folder, received, from, subject, unmet, cut } = message;
        Self {
            folder: folder.to_string(),
            received_at: received,
            from,
            subject,
            taken: unmet.is_none(),
            unmet,
            cut,
        }
    }
}

impl From<Folder> for FolderView {
    fn from(folder: Folder) -> Self {
        let Folder { path, delimiter, selectable, role } = folder;
        Self { path: path.to_string(), delimiter, selectable, role }
    }
}

impl From<Accounting> for AccountingView {
    fn from(accounting: Accounting) -> Self {
        Self {
            at: accounting.at,
            balanced: accounting.balanced(),
            summary: accounting.summary(),
            folders: accounting.folders.into_iter().map(Into::into).collect(),
            uncounted: accounting.uncounted.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<UncountedFolder> for UncountedFolderView {
    fn from(UncountedFolder { folder, reason }: UncountedFolder) -> Self {
        Self { folder, reason }
    }
}

impl From<FolderAccount> for AccountedFolder {
    fn from(account: FolderAccount) -> Self {
        Self {
            folder: account.folder,
            on_server: account.server,
            stored: account.stored,
            out_of_scope: account.out_of_scope,
            filtered_out: account.filtered_out,
            pending: account.pending,
            not_yet_listed: account.not_yet_listed,
            gap_count: account.gap_count,
            gaps: account.gaps.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Gap> for AccountingGap {
    fn from(gap: Gap) -> Self {
        Self {
            remote_id: gap.remote_id,
            size: gap.size,
            received_at: gap.received,
            reason: gap.reason.into(),
        }
    }
}

impl From<GapReason> for GapReasonView {
    fn from(reason: GapReason) -> Self {
        match reason {
            GapReason::NeverListed => Self::NeverListed,
            GapReason::NeedsAttention => Self::NeedsAttention,
            GapReason::BelievedGone => Self::BelievedGone,
            GapReason::SizeDiffers => Self::SizeDiffers,
        }
    }
}
