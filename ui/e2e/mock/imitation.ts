// Mail that seems to be from the organization itself.
import type { Evidence, MessageDetail } from '../../src/api/types';
import { message } from './data';

const evidence = message.evidence as Evidence;
const { marks } = evidence.verdicts;

export const imitation: MessageDetail = {
  ...message,
  evidence: {
    ...evidence,
    verdicts: {
      ...evidence.verdicts,
      marks: [
        ...marks,
        {
          kind: 'looks_like_own_domain',
          message: 'From is of n0rthwind.example, which looks like your own northwind.example',
        },
      ],
    },
  },
};
