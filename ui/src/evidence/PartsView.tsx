// The tree of parts and, beside or below it, the part that is chosen.
import { useRef, useState } from 'react';
import type { Part } from '../api/types';
import { PartDetails } from './PartDetails';
import classes from './PartsView.module.css';
import { PartTree } from './PartTree';
import { partAt } from './parts';

type PartsViewProps = {
  root: Part;
  /** The stored message; none for a file that is only analysed. */
  message?: string;
  /** Path of the chosen part. */
  chosen: string | null;
  onChoose: (path: string) => void;
  onAlone?: (path: string) => void;
};

export function PartsView({ root, message, chosen, onChoose, onAlone = () => {} }: PartsViewProps) {
  const [atDefects, setAtDefects] = useState(false);
  const details = useRef<HTMLDivElement>(null);
  const part = partAt(root, chosen) ?? root;
  const choose = (path: string, defects: boolean) => {
    setAtDefects(defects);
    onChoose(path);
    if (details.current) bringIntoSight(details.current);
  };
  return (
    <div className={classes.around}>
      <div className={classes.view}>
        <div className={classes.tree}>
          <PartTree root={root} selected={part.path} onSelect={choose} />
        </div>
        <div className={classes.details} ref={details}>
          <PartDetails
            key={part.path}
            part={part}
            message={message}
            atDefects={atDefects}
            onAlone={onAlone}
          />
        </div>
      </div>
    </div>
  );
}

/** Where the details stand below the tree, their start comes into sight and the tree stays there. */
function bringIntoSight(details: HTMLElement): void {
  const { top } = details.getBoundingClientRect();
  if (top > window.innerHeight * 0.7) window.scrollBy({ top: top - window.innerHeight * 0.5 });
}
