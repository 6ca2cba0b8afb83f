// What every step of the wizard is given.
import type { Draft, DraftErrors } from './draft';

export type StepProps = {
  draft: Draft;
  change: (draft: Draft) => void;
  errors: DraftErrors;
  isNew: boolean;
};
