// A change on the server: one call, what becomes stale by it, and a short answer to the person.
import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query';
import { toastDone, toastFailure } from './toast';

export type Action<Input, Output> = {
  run: (input: Input) => Promise<Output>;
  /** Said when it worked. */
  done?: string | ((output: Output, input: Input) => string);
  /** Said when it failed, above the reason: "The case was not changed". */
  failed: string;
  stale?: (output: Output, input: Input) => QueryKey[];
  onDone?: (output: Output, input: Input) => void;
  /** Set when the form shows the failure itself. */
  quietFailure?: boolean;
};

export function useAction<Input = void, Output = unknown>(action: Action<Input, Output>) {
  const client = useQueryClient();
  return useMutation<Output, Error, Input>({
    mutationFn: action.run,
    onSuccess: async (output, input) => {
      const said = typeof action.done === 'function' ? action.done(output, input) : action.done;
      if (said) toastDone(said);
      const stale = action.stale?.(output, input) ?? [];
      await Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey })));
      action.onDone?.(output, input);
    },
    onError: (error) => {
      if (!action.quietFailure) toastFailure(action.failed, error);
    },
  });
}
