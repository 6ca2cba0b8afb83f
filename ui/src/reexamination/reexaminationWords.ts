// Re-examinations in words. Pure.
import type { Changes, Reexamination, ReexaminationScope, ReexaminationState } from '../api/types';
import { count, counted } from '../shared/format';

export const SCOPES: Record<ReexaminationScope, { label: string; why: string; none: string }> = {
  outdated: {
    label: 'Messages an older parser looked at',
    why: 'A newer parser opens more formats and finds more in them.',
    none: 'The parser of this version looked at all of them.',
  },
  needs_key: {
    label: 'Messages that need a key',
    why: 'Looked at by themselves when a key is added; again when asked.',
    none: 'No message waits for a key.',
  },
  all: {
    label: 'Every message',
    why: 'Takes the longest, and is rarely needed.',
    none: 'There are no messages yet.',
  },
};

export const STATES: Record<ReexaminationState, { color: string; label: string }> = {
  waiting: { color: 'blue', label: 'Waiting' },
  running: { color: 'blue', label: 'Under way' },
  done: { color: 'teal', label: 'Done' },
  cancelled: { color: 'gray', label: 'Cancelled' },
  failed: { color: 'red', label: 'Failed' },
};

export function isUnderWay({ state }: Pick<Reexamination, 'state'>): boolean {
  return state === 'waiting' || state === 'running';
}

/** Share of the messages that are looked at, in per cent; none is all of them. */
export function percent({ examined, total }: Pick<Reexamination, 'examined' | 'total'>): number {
  return total > 0 ? Math.min(100, (examined / total) * 100) : 100;
}

/** "3 parts found, 1 no longer there": what new evidence says and the old one did not. */
export function sumsText(sums: Changes): string[] {
  const rows: [string, number, number][] = [
    ['part', sums.parts_found, sums.parts_gone],
    ['indicator', sums.indicators_found, sums.indicators_gone],
    ['defect', sums.defects_found, sums.defects_gone],
  ];
  return rows
    .filter(([, found, gone]) => found + gone > 0)
    .map(([what, found, gone]) => {
      if (gone === 0) return `${counted(found, what)} found`;
      const lost = 'no longer there';
      return found === 0
        ? `${counted(gone, what)} ${lost}`
        : `${counted(found, what)} found, ${count(gone)} ${lost}`;
    });
}

/** What changed in one message. */
export function changesText(changes: Changes): string {
  const said = [
    changes.opened > 0 ? `${counted(changes.opened, 'thing')} opened that could not be read` : '',
    changes.reads_differently ? 'subject, people, date or text read differently' : '',
    changes.judged_differently ? 'its origin judged differently' : '',
    ...sumsText(changes),
  ];
  return said.filter(Boolean).join('; ');
}
