// Puts what the server says about single fields beside those fields.
import type { UseFormReturnType } from '@mantine/form';
import { asProblem } from '../api/problem';

/** Sets the errors of the fields the form knows; returns what is left to be said above the form. */
export function showFieldErrors<Values extends object>(
  form: UseFormReturnType<Values>,
  error: unknown,
): string | null {
  const problem = asProblem(error);
  const known = problem.fields.filter(({ field }) => field in form.getValues());
  for (const { field, message } of known) form.setFieldError(field, message);
  const unknown = problem.fields.filter(({ field }) => !(field in form.getValues()));
  if (unknown.length > 0) return unknown.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return known.length > 0 ? null : problem.message;
}
