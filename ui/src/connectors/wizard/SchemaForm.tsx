// The connection settings of a kind of source, from the schema it describes itself with.
import { NumberInput, Select, Stack, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { CertificateList } from './CertificateList';
import type { DraftErrors } from './draft';
import { type SchemaField, schemaFields, visibleFields } from './schemaFields';

type SchemaFormProps = {
  schema: unknown;
  values: Record<string, unknown>;
  onChange: (values: Record<string, unknown>) => void;
  errors: DraftErrors;
  disabled?: boolean;
};

export function SchemaForm({ schema, values, onChange, errors, disabled }: SchemaFormProps) {
  const fields = visibleFields(schemaFields(schema), values);
  return (
    <Stack gap="sm">
      {fields.map((field) => (
        <FieldControl
          key={field.name}
          field={field}
          value={values[field.name]}
          onChange={(value) => onChange({ ...values, [field.name]: value })}
          error={errors[`connection.${field.name}`]}
          disabled={disabled}
        />
      ))}
    </Stack>
  );
}

type FieldControlProps = {
  field: SchemaField;
  value: unknown;
  onChange: (value: unknown) => void;
  error?: string;
  disabled?: boolean;
};

function FieldControl({ field, value, onChange, error, disabled }: FieldControlProps) {
  const { control } = field;
  const common = { label: field.label, description: field.description, error, disabled };
  const named = { ...common, withAsterisk: field.required };
  const text = typeof value === 'string' ? value : '';
  const list = Array.isArray(value) ? value.map(String) : [];
  switch (control.type) {
    case 'choice':
      return (
        <Select
          {...named}
          description={control.choices.find((each) => each.value === value)?.description ?? field.description}
          data={control.choices}
          value={text || null}
          allowDeselect={!field.required && field.default === undefined}
          onChange={onChange}
        />
      );
    case 'switch':
      return (
        <Switch
          {...common}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
          py={2}
        />
      );
    case 'number':
      return (
        <NumberInput
          {...named}
          value={typeof value === 'number' ? value : ''}
          onChange={(next) => onChange(next === '' ? undefined : Number(next))}
          min={control.min}
          max={control.max}
          clampBehavior="none"
          allowDecimal={false}
          placeholder={field.default === undefined ? undefined : String(field.default ?? '')}
          maw={220}
        />
      );
    case 'texts':
      return <TagsInput {...named} value={list} onChange={onChange} />;
    case 'certificates':
      return <CertificateList {...common} value={list} onChange={onChange} />;
    case 'multiline':
      return (
        <Textarea
          {...named}
          autosize
          minRows={3}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case 'text':
      return (
        <TextInput
          {...named}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
      );
  }
}
