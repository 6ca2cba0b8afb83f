import { describe, expect, it } from 'vitest';
import { defaultValues, missingValues, schemaFields, sentValues, visibleFields } from './schemaFields';

// As schemars writes it: references, constants beside enumerations, nullable types.
const schema = {
  type: 'object',
  required: ['host'],
  'x-order': ['host', 'port', 'security'],
  properties: {
    certificates: {
      type: 'array',
      'x-widget': 'certificates',
      'x-show-if': { security: ['tls', 'starttls'] },
    },
    host: { type: 'string', title: 'Server', description: 'Its name.' },
    port: { type: ['integer', 'null'], minimum: 1, maximum: 65_535, default: null },
    security: { $ref: '#/$defs/Security', default: 'tls', title: 'Security' },
    mode: { enum: ['a_b', 'c'], 'x-labels': { c: 'See' } },
  },
  $defs: {
    Security: {
      title: 'not this one',
      oneOf: [
        { const: 'tls', title: 'SSL/TLS', description: 'From the first byte.' },
        { type: 'string', enum: ['starttls', 'none'] },
      ],
    },
  },
};
const fields = schemaFields(schema);
const field = (name: string) => fields.find((each) => each.name === name);

describe('schemaFields', () => {
  it('keeps the order the source wants, then the rest', () => {
    expect(fields.map(({ name }) => name)).toEqual(['host', 'port', 'security', 'certificates', 'mode']);
  });

  it('reads titles, needs and kinds of fields', () => {
    expect(field('host')).toMatchObject({ label: 'Server', description: 'Its name.', required: true });
    expect(field('host')?.control).toEqual({ type: 'text' });
    expect(field('port')).toMatchObject({ required: false, label: 'Port' });
    expect(field('port')?.control).toEqual({ type: 'number', min: 1, max: 65_535 });
    expect(field('certificates')?.control).toEqual({ type: 'certificates' });
  });

  it('gathers choices from constants, enumerations and references', () => {
    expect(field('security')?.label).toBe('Security');
    expect(field('security')?.control).toEqual({
      type: 'choice',
      choices: [
        { value: 'tls', label: 'SSL/TLS', description: 'From the first byte.' },
        { value: 'starttls', label: 'starttls', description: undefined },
        { value: 'none', label: 'none', description: undefined },
      ],
    });
    expect(field('mode')?.control).toMatchObject({ choices: [{ label: 'a b' }, { label: 'See' }] });
  });

  it('makes nothing of a schema that is none', () => {
    for (const nonsense of [null, undefined, 'text', [], { properties: 4 }]) {
      expect(schemaFields(nonsense)).toEqual([]);
    }
  });
});

describe('visible and sent values', () => {
  it('shows a field by the value or the default of another', () => {
    const shown = (values: Record<string, unknown>) => visibleFields(fields, values).map(({ name }) => name);
    expect(shown({})).toContain('certificates');
    expect(shown({ security: 'none' })).not.toContain('certificates');
  });

  it('counts a setting that is not shown itself as none', () => {
    const chain = schemaFields({
      properties: {
        a: { enum: ['x', 'y'], default: 'x' },
        b: { enum: ['p', 'q'], default: 'p', 'x-show-if': { a: ['y'] } },
        c: { type: 'string', 'x-show-if': { b: ['p'] } },
        d: { type: 'string', 'x-show-if': { e: ['1'] } },
        e: { type: 'string', default: '1', 'x-show-if': { d: ['1'] } },
      },
    });
    expect(visibleFields(chain, {}).map(({ name }) => name)).toEqual(['a']);
    expect(visibleFields(chain, { a: 'y' }).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('starts with the defaults that say something', () => {
    expect(defaultValues(fields)).toEqual({ security: 'tls' });
  });

  it('sends what is shown and filled in, and keeps what it does not know', () => {
    const values = {
      host: 'a',
      port: undefined,
      security: 'none',
      certificates: ['pem'],
      mode: '',
      later: 1,
    };
    expect(sentValues(fields, values)).toEqual({ host: 'a', security: 'none', later: 1 });
  });
});

describe('groups', () => {
  const grouped = schemaFields({
    properties: {
      proxy: {
        type: 'object',
        title: 'Proxy',
        'x-order': ['kind', 'host'],
        required: ['host'],
        default: { kind: 'none', host: '' },
        properties: {
          host: { type: 'string', title: 'Proxy server', default: '', 'x-show-if': { kind: ['http'] } },
          kind: { enum: ['none', 'http'], default: 'none' },
        },
      },
    },
  });

  it('are fields of their own, in their own order', () => {
    const control = grouped[0]?.control;
    expect(control?.type === 'group' && control.fields.map(({ name }) => name)).toEqual(['kind', 'host']);
  });

  it('start with what says something and send what is shown', () => {
    expect(defaultValues(grouped)).toEqual({ proxy: { kind: 'none' } });
    expect(sentValues(grouped, { proxy: { kind: 'none', host: 'p' } })).toEqual({ proxy: { kind: 'none' } });
    expect(sentValues(grouped, { proxy: { kind: 'http', host: 'p' } })).toEqual({
      proxy: { kind: 'http', host: 'p' },
    });
    expect(sentValues(grouped, {})).toEqual({});
  });

  it('name what is missing by its path, once it is shown', () => {
    expect(missingValues(grouped, {})).toEqual([]);
    expect(missingValues(grouped, { proxy: { kind: 'http' } })).toEqual([
      { path: 'proxy.host', label: 'Proxy server' },
    ]);
  });
});
