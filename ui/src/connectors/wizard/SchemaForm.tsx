// The connection settings of a kind of source, from the schema it describes itself with.
import {
  Fieldset,
  NumberInput,
  Select,
  Stack,
  Switch,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { CertificateList } from './CertificateList';
import type { DraftErrors } from './draft';
import { groupValues, type SchemaField, schemaFields, visibleFields } from './schemaFields';

type SchemaFormProps = {
  schema: unknown;
  values: Record<string, unknown>;
  onChange: (values: Record<string, unknown>) => void;
  errors: DraftErrors;
  disabled?: boolean;
};

export function SchemaForm({ schema, ...form }: SchemaFormProps) {
  return <Fields {...form} fields={schemaFields(schema)} path="connection" />;
}

type FieldsProps = Omit<SchemaFormProps, 'schema'> & {
  fields: SchemaField[];
  /** By which the server names what holds these fields. */
  path: string;
};

function Fields({ fields, path, values, onChange, errors, disabled }: FieldsProps) {
  return (
    <Stack gap="sm">
      {visibleFields(fields, values).map((field) => (
        <FieldControl
          key={field.name}
          field={field}
          path={`${path}.${field.name}`}
          value={values[field.name]}
          onChange={(value) => onChange({ ...values, [field.name]: value })}
          errors={errors}
          disabled={disabled}
        />
      ))}
    </Stack>
  );
}

type FieldControlProps = {
  field: SchemaField;
  path: string;
  value: unknown;
  onChange: (value: unknown) => void;
  errors: DraftErrors;
  disabled?: boolean;
};

function FieldControl({ field, path, value, onChange, errors, disabled }: FieldControlProps) {
  const { control } = field;
  const error = errors[path];
  const common = { label: field.label, description: field.description, error, disabled };
  const named = { ...common, withAsterisk: field.required };
  const text = typeof value === 'string' ? value : '';
  const list = Array.isArray(value) ? value.map(String) : [];
  switch (control.type) {
    case 'group':
      return (
        <Fieldset legend={field.label} mt="xs">
          <Stack gap="sm">
            {field.description && (
              <Text size="xs" c="dimmed">
                {field.description}
              </Text>
            )}
            <Fields
              fields={control.fields}
              path={path}
              values={groupValues(value)}
              onChange={onChange}
              errors={errors}
              disabled={disabled}
            />
            {error && (
              <Text size="xs" c="red">
                {error}
              </Text>
            )}
          </Stack>
        </Fieldset>
      );
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
    case 'pinned_certificates':
      return (
        <CertificateList
          {...common}
          value={list}
          onChange={onChange}
          empty={control.type === 'certificates' ? 'Nobody besides those this machine trusts.' : 'None.'}
        />
      );
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
