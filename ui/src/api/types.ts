// Short names for the API's shapes. Every shape comes from the generated schema; none is written by hand.
import type { components } from './schema';

type Schemas = components['schemas'];

export type Me = Schemas['Me'];
export type Permission = Schemas['Permission'];
export type Role = Schemas['Role'];
export type SessionView = Schemas['SessionView'];
export type TokenView = Schemas['TokenView'];
export type CreatedToken = Schemas['CreatedToken'];
export type UserView = Schemas['UserView'];
export type Person = Schemas['Person'];

export type MessageSummary = Schemas['MessageSummary'];
export type MessageDetail = Schemas['MessageDetail'];
export type MessageState = Schemas['MessageState'];
export type Automatic = Schemas['Automatic'];
export type Reason = Schemas['Reason'];
export type Evidence = Schemas['EvidenceView'];
export type Part = Schemas['PartView'];
export type Address = Schemas['AddressView'];
export type Defect = Schemas['DefectView'];
export type Hashes = Schemas['HashesView'];
export type Indicator = Schemas['EvidenceIndicator'];
export type IndicatorKind = Schemas['IndicatorKindView'];
export type Delivery = Schemas['DeliveryView'];
export type DeliveryState = Schemas['DeliveryState'];

export type CaseSummary = Schemas['CaseSummary'];
export type CaseDetail = Schemas['CaseDetail'];
export type CaseStatus = Schemas['CaseStatus'];
export type Severity = Schemas['Severity'];
export type CaseIndicator = Schemas['CaseIndicator'];
export type CaseAttachment = Schemas['CaseAttachment'];
export type TimelineEntry = Schemas['TimelineEntryView'];
export type UpdateCase = Schemas['UpdateCase'];

export type Connector = Schemas['ConnectorView'];
export type ConnectorSettings = Schemas['ConnectorSettings'];
export type CompleteGrant = Schemas['CompleteGrant'];
export type AccessGrant = Schemas['AccessGrantView'];
export type ConnectorKind = Schemas['ConnectorKind'];
export type ConnectorActivity = Schemas['ConnectorActivity'];
export type SecretField = Schemas['SecretFieldView'];
export type TryConnector = Schemas['TryConnector'];
export type CheckReport = Schemas['CheckReportView'];
export type CheckStep = Schemas['CheckStepView'];
export type Certificate = Schemas['CertificateView'];
export type Prefilter = Schemas['Prefilter'];
export type FilterPreview = Schemas['FilterPreviewView'];
export type PreviewedMessage = Schemas['PreviewedMessageView'];
export type Folder = Schemas['FolderView'];
export type Accounting = Schemas['AccountingView'];
export type Migration = Schemas['MigrationView'];
export type StartMigration = Schemas['StartMigration'];
export type Comparison = Schemas['ComparisonView'];
export type FolderComparison = Schemas['FolderComparisonView'];
export type Difference = Schemas['DifferenceView'];
export type LogLine = Schemas['ConnectorLogLine'];
export type NeedsAttention = Schemas['NeedsAttention'];
export type GapReason = Schemas['GapReasonView'];
export type Alarm = Schemas['AlarmView'];
export type AuditEntry = Schemas['AuditEntryView'];
export type FieldError = Schemas['FieldError'];
export type ProblemBody = Schemas['Problem'];
