// Why a message is in its case, or in none, in words.
import type { MessageSummary, Reason } from '../api/types';
import { AUTOMATIC_WORDS } from '../shared/badges';

const TIES = {
  reference: 'It answers a message of this case (In-Reply-To or References).',
  answered: 'A message of this case answers it.',
  subject_token: 'Its subject carries the token of this case.',
  address_token: 'It was sent to the address of this case.',
};

export function reasonText(reason: Reason): string {
  switch (reason.because) {
    case 'new':
      return 'It started this case.';
    case 'joined':
      return TIES[reason.tie];
    case 'automatic_kept':
      return `Automatic mail (${AUTOMATIC_WORDS[reason.kind].toLowerCase()}) that answers no case. Its connector keeps such mail without a case.`;
    case 'filtered_out':
      return 'The pre-filter of its connector does not take it. It was recorded before that was known, after a crash or a failure, and is kept without a case.';
  }
}

export function decisionText(message: MessageSummary): string {
  if (message.reason) return reasonText(message.reason);
  if (message.state === 'needs_attention') return 'No decision: examining the message failed repeatedly.';
  return 'Stored safely; the decision follows.';
}
