// Short answers to what somebody did.
import { notifications } from '@mantine/notifications';
import { asProblem } from '../api/problem';

export function toastDone(message: string): void {
  notifications.show({ message, color: 'teal', autoClose: 4000 });
}

export function toastFailure(title: string, error: unknown): void {
  const problem = asProblem(error);
  const reference = problem.requestId ? ` (request ${problem.requestId})` : '';
  notifications.show({ title, message: `${problem.message}${reference}`, color: 'red', autoClose: 10_000 });
}
