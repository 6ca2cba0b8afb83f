// A server that migrates the connector of `exchange`: what was put beside it, compared and switched is told from then on.
import type { Route } from '@playwright/test';
import type { Comparison, Connector, Migration } from '../../src/api/types';
import type { Answers } from './api';
import { agreeing, exchange, exchangeSwitched, shadow, switched } from './exchange';

const connector = `/connectors/${exchange.id}`;

function tell(answers: Answers, told: Connector, migration: Migration | null): void {
  answers[`GET ${connector}`] = { body: told };
  answers[`GET ${connector}/migration`] = { body: { migration } };
}

export function standBeside(answers: Answers, comparison: Comparison | null): void {
  const comparisons = comparison ? 4 : 0;
  const agreements = comparison?.agrees ? 3 : 0;
  const migration = { ...shadow, comparison, comparisons, agreements };
  tell(answers, { ...exchange, migration: 'shadow' }, migration);
}

export function haveSwitched(answers: Answers): void {
  tell(answers, exchangeSwitched, switched);
}

/** Answers what changes a migration, and changes it. */
export function migrates(answers: Answers, compared: Comparison = agreeing): void {
  const doing =
    (change: () => void, json?: unknown) =>
    async (route: Route): Promise<void> => {
      change();
      await route.fulfill(json === undefined ? { status: 204 } : { json });
    };
  answers[`POST ${connector}/migration`] = doing(() => standBeside(answers, null), { migration: shadow });
  answers[`POST ${connector}/migration/comparison`] = doing(() => standBeside(answers, compared), compared);
  answers[`DELETE ${connector}/migration`] = doing(() => tell(answers, exchange, null));
  const undo = doing(() => standBeside(answers, null), { known: 2033, new: 0 });
  answers[`POST ${connector}/migration/switch`] = doing(
    () => {
      haveSwitched(answers);
      answers[`POST ${connector}/migration/switch`] = undo;
    },
    { known: 2031, new: 1 },
  );
}
