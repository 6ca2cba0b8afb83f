// What the organization says of its own mail, as the page asks for it, and the change of it.
import { useQuery } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import type { FieldError, OriginSettings, OriginSettingsView } from '../api/types';
import { useAction } from '../shared/useAction';

export function useOriginSettings() {
  return useQuery({
    queryKey: keys.originSettings,
    queryFn: () => answer(api.GET('/origin-settings')),
  });
}

export function useSaveOriginSettings(revision: number, onDone: (kept: OriginSettingsView) => void) {
  return useAction({
    run: (settings: OriginSettings) => answer(api.PUT('/origin-settings', { body: { revision, settings } })),
    done: 'Kept. Mail that comes from now on is looked at with it.',
    failed: 'The settings were not changed',
    quietFailure: true,
    stale: () => [[...keys.originSettings], keys.indicators()],
    onDone,
  });
}

/** What the server says of entries, by the field of the form that holds them: `settings.domains[1]` is of `domains`. */
export function errorsByField(fields: FieldError[]): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const { field, message } of fields) {
    const name = field.replace(/^settings\./, '');
    // People have fields of their own: `people[0].name`, `people[0].addresses[1]`.
    const person = /^people\[(\d+)\]\.(name|addresses)/.exec(name);
    const place = person ? `people.${person[1]}.${person[2]}` : name.replace(/\[\d+\]$/, '');
    errors[place] = errors[place] ? `${errors[place]}; ${message}` : message;
  }
  return errors;
}
