// Filters by one tag, typed in full.
import { CloseButton, TextInput } from '@mantine/core';
import { IconTag } from '@tabler/icons-react';
import { useEffect, useState } from 'react';

type TagFilterProps = { value: string | undefined; onChange: (value: string | null) => void };

export function TagFilter({ value, onChange }: TagFilterProps) {
  const [text, setText] = useState(value ?? '');
  useEffect(() => setText(value ?? ''), [value]);
  const apply = () => onChange(text.trim() || null);
  return (
    <TextInput
      aria-label="Tag"
      placeholder="Tag"
      flex={{ base: '1 1 40%', sm: '0 0 auto' }}
      w={{ base: 'auto', sm: 120 }}
      leftSection={<IconTag size={14} />}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={apply}
      onKeyDown={(event) => event.key === 'Enter' && apply()}
      rightSection={
        value ? <CloseButton size="sm" aria-label="Clear the tag" onClick={() => onChange(null)} /> : null
      }
    />
  );
}
