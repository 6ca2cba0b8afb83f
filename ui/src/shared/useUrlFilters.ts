// Filters and sort order live in the address, so that they survive a reload and can be sent to somebody.
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';

export type UrlFilters<Name extends string> = {
  values: Partial<Record<Name, string>>;
  active: boolean;
  set: (name: Name, value: string | null | undefined) => void;
  setAll: (values: Partial<Record<Name, string | null>>) => void;
  clear: () => void;
};

/** The named search parameters; others are left alone. */
export function useUrlFilters<Name extends string>(names: readonly Name[]): UrlFilters<Name> {
  const [params, setParams] = useSearchParams();
  const values = useMemo(() => {
    const found: Partial<Record<Name, string>> = {};
    for (const name of names) {
      const value = params.get(name);
      if (value) found[name] = value;
    }
    return found;
  }, [params, names]);

  const setAll = useCallback(
    (changes: Partial<Record<Name, string | null>>) => {
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          for (const [name, value] of Object.entries<string | null | undefined>(changes)) {
            if (value) next.set(name, value);
            else next.delete(name);
          }
          return next;
        },
        { replace: true },
      );
    },
    [setParams],
  );
  const set = useCallback(
    (name: Name, value: string | null | undefined) =>
      setAll({ [name]: value ?? null } as Partial<Record<Name, string | null>>),
    [setAll],
  );
  const clear = useCallback(
    () =>
      setAll(Object.fromEntries(names.map((name) => [name, null])) as Partial<Record<Name, string | null>>),
    [names, setAll],
  );
  return { values, active: Object.keys(values).length > 0, set, setAll, clear };
}
