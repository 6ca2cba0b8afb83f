import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import { refresh } from './refresh';

/** A query whose answers come when the test says so. */
function watched(client: QueryClient, name: string) {
  const answers: ((value: string) => void)[] = [];
  const queryFn = () => new Promise<string>((answer) => answers.push(answer));
  const observer = new QueryObserver(client, { queryKey: [name], queryFn });
  return { answers, observer, stop: observer.subscribe(() => {}) };
}

it('loads anew what was under way for the first time', async () => {
  const client = new QueryClient();
  const { answers, observer, stop } = watched(client, 'a');
  const other = watched(client, 'b');
  expect(answers).toHaveLength(1);
  const refreshing = refresh(client, { queryKey: ['a'] });
  answers[0]?.('before the change');
  await expect.poll(() => answers.length).toBe(2);
  answers[1]?.('after it');
  await refreshing;
  expect(observer.getCurrentResult().data).toBe('after it');
  expect(other.answers).toHaveLength(1);
  stop();
  other.stop();
});

it('loads once more what is there already', async () => {
  const client = new QueryClient();
  const { answers, observer, stop } = watched(client, 'a');
  answers[0]?.('before the change');
  await expect.poll(() => observer.getCurrentResult().data).toBe('before the change');
  const refreshing = refresh(client);
  await expect.poll(() => answers.length).toBe(2);
  answers[1]?.('after it');
  await refreshing;
  expect(answers).toHaveLength(2);
  expect(observer.getCurrentResult().data).toBe('after it');
  stop();
});
