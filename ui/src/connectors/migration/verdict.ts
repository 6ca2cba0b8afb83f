// How two sources compare, in words. Pure.
import type { Comparison, Difference, Migration } from '../../api/types';
import { counted } from '../../shared/format';

/** What the kinds of the two sources are called: the one in use, and the other one. */
export type SourceTitles = { here: string; there: string };

/** Messages the two do not agree about. */
export function differing({ folders }: Comparison): number {
  return folders.reduce(
    (sum, { only_here, only_there, unnamed }) => sum + only_here + only_there + unnamed,
    0,
  );
}

export function verdict(comparison: Comparison): string {
  if (comparison.trouble) return 'They could not be compared';
  const differences = differing(comparison);
  if (differences > 0) return `They differ in ${counted(differences, 'message')}`;
  const both = comparison.folders.reduce((sum, folder) => sum + folder.both, 0);
  return both === 0 ? 'Both see no message' : `Both see the same ${counted(both, 'message')}`;
}

/** Why the other source may not take over yet; `null` when it may. */
export function whyNotYet({ agreements, comparison }: Migration): string | null {
  if (agreements > 0) return null;
  if (!comparison) return 'Switching waits for a comparison that finds no difference.';
  return comparison.trouble
    ? 'Switching waits until the two can be compared and agree.'
    : 'Switching waits until a comparison finds no difference.';
}

export function differenceText(what: Difference['what'], { here, there }: SourceTitles): string {
  switch (what) {
    case 'only_here':
      return `only in ${here}`;
    case 'only_there':
      return `only in ${there}`;
    case 'unnamed':
      return `in ${there}, unknown whether in ${here}`;
  }
}
