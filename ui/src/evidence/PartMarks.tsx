// What is to be known of a part at a glance: its type, what it really is, what it was opened as, what is amiss.
import { Badge, Text } from '@mantine/core';
import { IconAlertTriangle, IconLock, IconRubberStamp } from '@tabler/icons-react';
import type { Lock, Part, Signature } from '../api/types';
import { counted } from '../shared/format';
import classes from './PartTree.module.css';
import {
  contradictedType,
  declaresNothing,
  formatWords,
  signatureState,
  signerName,
  worstSignature,
} from './partWords';

export function PartMarks({ part, withType }: { part: Part; withType: boolean }) {
  const other = contradictedType(part);
  return (
    <span className={classes.marks}>
      {withType && (
        <Text span fz={11} c="dimmed" className="mono breakable">
          {part.content_type}
        </Text>
      )}
      {other && (
        <Badge
          size="sm"
          color={declaresNothing(part) ? 'gray' : 'orange'}
          title="What its first bytes say it is"
        >
          really {other}
        </Badge>
      )}
      {part.format && (
        <Badge size="sm" color="petrol" variant="outline">
          {formatWords(part.format)}
        </Badge>
      )}
      {part.lock && <LockBadge lock={part.lock} />}
      <SignatureBadge signatures={part.signatures} />
      {part.defects.length > 0 && (
        <Badge
          size="sm"
          color="yellow"
          leftSection={<IconAlertTriangle size={11} aria-hidden />}
          data-defects
          title="Show the defects"
        >
          {counted(part.defects.length, 'defect')}
        </Badge>
      )}
    </span>
  );
}

export function LockBadge({ lock }: { lock: Lock }) {
  return (
    <Badge size="sm" color="violet" leftSection={<IconLock size={11} aria-hidden />}>
      {lock.needs === 'key' ? 'needs key' : 'needs password'}
    </Badge>
  );
}

function SignatureBadge({ signatures }: { signatures: Signature[] }) {
  const worst = worstSignature(signatures);
  if (!worst) return null;
  const { color, label, means } = signatureState(worst);
  return (
    <Badge
      size="sm"
      color={color}
      leftSection={<IconRubberStamp size={11} aria-hidden />}
      title={means}
      maw={260}
      styles={{ root: { minWidth: 0 } }}
    >
      {label}: {signerName(worst)}
    </Badge>
  );
}
