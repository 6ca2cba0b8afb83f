// The search field of a list. `/` jumps into it, Esc leaves it, and it waits for a pause before it searches.
import { CloseButton, Kbd, TextInput } from '@mantine/core';
import { useDebouncedCallback, useHotkeys } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';

const PAUSE_MILLIS = 250;

type SearchBoxProps = { value: string; onSearch: (text: string) => void; placeholder: string };

export function SearchBox({ value, onSearch, placeholder }: SearchBoxProps) {
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const searchSoon = useDebouncedCallback(onSearch, PAUSE_MILLIS);
  useEffect(() => {
    if (document.activeElement !== field.current) setText(value);
  }, [value]);
  useHotkeys([['/', () => field.current?.focus()]]);

  const change = (next: string) => {
    setText(next);
    searchSoon(next.trim());
  };
  return (
    <TextInput
      ref={field}
      type="search"
      aria-label="Search"
      placeholder={placeholder}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') field.current?.blur();
        if (event.key === 'Enter') onSearch(text.trim());
      }}
      leftSection={<IconSearch size={15} />}
      rightSection={
        text ? (
          <CloseButton size="sm" aria-label="Clear search" onClick={() => change('')} />
        ) : (
          <Kbd size="xs">/</Kbd>
        )
      }
      style={{ flex: '1 1 220px', maxWidth: 420 }}
    />
  );
}
