// Which part of the message is looked at: in the address, so that a link leads a colleague to it.
import { useSearchParams } from 'react-router';

export function usePartInAddress() {
  const [params, setParams] = useSearchParams();
  const change = (changes: Record<string, string | null>) =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        for (const [name, value] of Object.entries(changes)) {
          if (value === null) next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  return {
    part: params.get('part'),
    alone: params.get('alone'),
    choose: (path: string) => change({ tab: 'parts', part: path }),
    lookAtAlone: (path: string | null) => change({ alone: path }),
  };
}
