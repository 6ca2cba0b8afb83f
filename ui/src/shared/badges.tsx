// The few coloured words of the app. Colour never stands alone: the word is always there.
import { Badge } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import type { Automatic, CaseStatus, MessageState, Severity } from '../api/types';

const SEVERITY: Record<Severity, { color: string; label: string }> = {
  low: { color: 'gray', label: 'Low' },
  medium: { color: 'blue', label: 'Medium' },
  high: { color: 'orange', label: 'High' },
  critical: { color: 'red', label: 'Critical' },
};

export function SeverityBadge({ severity }: { severity: Severity }) {
  const { color, label } = SEVERITY[severity];
  return <Badge color={color}>{label}</Badge>;
}

const STATUS: Record<CaseStatus, { color: string; label: string }> = {
  open: { color: 'petrol', label: 'Open' },
  in_progress: { color: 'violet', label: 'In progress' },
  resolved: { color: 'teal', label: 'Resolved' },
};

export function StatusBadge({ status }: { status: CaseStatus }) {
  const { color, label } = STATUS[status];
  return (
    <Badge color={color} variant="dot">
      {label}
    </Badge>
  );
}

const MESSAGE_STATE: Record<MessageState, { color: string; label: string }> = {
  stored: { color: 'blue', label: 'Stored' },
  decided: { color: 'gray', label: 'Decided' },
  needs_attention: { color: 'red', label: 'Needs attention' },
};

export function MessageStateBadge({ state }: { state: MessageState }) {
  const { color, label } = MESSAGE_STATE[state];
  return <Badge color={color}>{label}</Badge>;
}

export function NeedsKeyBadge() {
  return (
    <Badge color="violet" leftSection={<IconLock size={11} aria-hidden />}>
      Needs key
    </Badge>
  );
}

export const AUTOMATIC_WORDS: Record<Automatic, string> = {
  bounce: 'Bounce',
  out_of_office: 'Out of office',
  receipt: 'Read receipt',
  auto_reply: 'Automatic reply',
  auto_generated: 'Generated',
};

export function AutomaticBadge({ automatic }: { automatic: Automatic }) {
  return (
    <Badge color="gray" variant="outline">
      {AUTOMATIC_WORDS[automatic]}
    </Badge>
  );
}

export function Tags({ tags }: { tags: string[] }) {
  return tags.map((tag) => (
    <Badge key={tag} color="gray" variant="default" mr={4}>
      {tag}
    </Badge>
  ));
}
