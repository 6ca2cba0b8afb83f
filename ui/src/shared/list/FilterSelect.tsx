// A filter of a list: one choice, or none.
import { Select, type SelectProps } from '@mantine/core';

type FilterSelectProps = {
  label: string;
  value: string | undefined;
  onChange: (value: string | null) => void;
  data: SelectProps['data'];
  width?: number;
  searchable?: boolean;
};

export function FilterSelect({ label, value, onChange, data, width = 150, searchable }: FilterSelectProps) {
  return (
    <Select
      aria-label={label}
      placeholder={label}
      data={data}
      value={value ?? null}
      onChange={onChange}
      clearable
      searchable={searchable}
      // On a phone two share a row and fill it.
      flex={{ base: '1 1 40%', sm: '0 0 auto' }}
      w={{ base: 'auto', sm: width }}
      comboboxProps={{ width: 'max-content', position: 'bottom-start' }}
    />
  );
}
