// Reads the JSON Schema by which a kind of source describes its settings, as a list of form fields. Pure.
// Understood: string, number, integer, boolean, list of strings, choices (`enum`, or `oneOf` of constants),
// objects with properties of their own (groups), `$ref` into `$defs`, and the extensions `x-order`, `x-show-if`, `x-labels` (titles of `enum` values) and `x-widget`.

export type Choice = { value: string; label: string; description?: string };

export type SchemaField = {
  name: string;
  label: string;
  description?: string;
  required: boolean;
  default?: unknown;
  control:
    | { type: 'text' | 'multiline' | 'switch' | 'texts' | 'certificates' | 'pinned_certificates' }
    | { type: 'number'; min?: number; max?: number }
    | { type: 'choice'; choices: Choice[] }
    | { type: 'group'; fields: SchemaField[] };
  /** Shown only when each of these fields has one of the values. */
  showIf: Record<string, unknown[]>;
};

type Node = Record<string, unknown>;

export function schemaFields(schema: unknown): SchemaField[] {
  const root = asNode(schema);
  return fieldsOf(root, root);
}

/** The fields of the root, or of an object within it. */
function fieldsOf(root: Node, holder: Node): SchemaField[] {
  const properties = asNode(holder.properties);
  const required = texts(holder.required);
  return orderedNames(holder, Object.keys(properties), required).map((name) => {
    const node = resolve(root, asNode(properties[name]));
    return {
      name,
      label: typeof node.title === 'string' ? node.title : capitalised(name),
      description: typeof node.description === 'string' ? node.description : undefined,
      required: required.includes(name),
      default: node.default,
      control: control(root, node),
      showIf: asNode(node['x-show-if']) as Record<string, unknown[]>,
    };
  });
}

/** The fields to show for these values; values not given count as the defaults. */
export function visibleFields(fields: SchemaField[], values: Record<string, unknown>): SchemaField[] {
  return fields.filter((field) => applies(field.showIf, fields, values));
}

/**
 * Whether each setting named by `showIf` is shown and has one of the values it lists; `a.b` names one within a group.
 */
export function applies(
  showIf: Record<string, unknown[]>,
  fields: SchemaField[],
  values: Record<string, unknown>,
): boolean {
  return Object.entries(showIf).every(([other, allowed]) => {
    const value = shownValue(other.split('.'), fields, values);
    return Array.isArray(allowed) ? allowed.includes(value) : allowed === value;
  });
}

/** The value of a setting or its default; none while it is not shown itself. */
function shownValue(path: string[], fields: SchemaField[], values: Record<string, unknown>): unknown {
  const [name = '', ...rest] = path;
  const field = fields.find((each) => each.name === name);
  // Without the field itself, so that fields that depend on each other come to an end.
  const others = fields.filter((each) => each !== field);
  if (field && !applies(field.showIf, others, values)) return undefined;
  if (rest.length === 0) return values[name] ?? field?.default;
  return field?.control.type === 'group'
    ? shownValue(rest, field.control.fields, groupValues(values[name]))
    : undefined;
}

/** The settings within a group; none while it was never touched. */
export function groupValues(value: unknown): Record<string, unknown> {
  return asNode(value);
}

/** What a new connector of this kind starts with. */
export function defaultValues(fields: SchemaField[]): Record<string, unknown> {
  const given = fields.map((field) => [
    field.name,
    field.control.type === 'group' ? defaultValues(field.control.fields) : field.default,
  ]);
  return Object.fromEntries(given.filter(([, value]) => !isEmpty(value)));
}

/** Only what is shown and filled in is sent. */
export function sentValues(fields: SchemaField[], values: Record<string, unknown>): Record<string, unknown> {
  const shown = visibleFields(fields, values).map(({ name, control }) => [
    name,
    control.type === 'group' ? sentValues(control.fields, groupValues(values[name])) : values[name],
  ]);
  const unknown = Object.entries(values).filter(([name]) => !fields.some((field) => field.name === name));
  return Object.fromEntries([...shown, ...unknown].filter(([, value]) => !isEmpty(value)));
}

/** Required fields that are shown and not filled in, by their path: `proxy.host`. */
export function missingValues(
  fields: SchemaField[],
  values: Record<string, unknown>,
): { path: string; label: string }[] {
  return visibleFields(fields, values).flatMap(({ name, label, required, control }) => {
    if (control.type === 'group') {
      const within = missingValues(control.fields, groupValues(values[name]));
      return within.map((each) => ({ ...each, path: `${name}.${each.path}` }));
    }
    return required && isEmpty(values[name]) ? [{ path: name, label }] : [];
  });
}

/** The paths of all fields that are shown, groups included: `proxy`, `proxy.host`. */
export function shownPaths(fields: SchemaField[], values: Record<string, unknown>): string[] {
  return visibleFields(fields, values).flatMap(({ name, control }) => {
    const within = control.type === 'group' ? shownPaths(control.fields, groupValues(values[name])) : [];
    return [name, ...within.map((path) => `${name}.${path}`)];
  });
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0;
}

function orderedNames(holder: Node, names: string[], required: string[]): string[] {
  const wanted = texts(holder['x-order']);
  const order = wanted.length > 0 ? wanted : required;
  const first = order.filter((name) => names.includes(name));
  return [...first, ...names.filter((name) => !first.includes(name))];
}

function control(root: Node, node: Node): SchemaField['control'] {
  const choices = choicesOf(root, node);
  if (choices.length > 0) return { type: 'choice', choices };
  if (node['x-widget'] === 'certificates') return { type: 'certificates' };
  if (node['x-widget'] === 'pinned_certificates') return { type: 'pinned_certificates' };
  if (node['x-widget'] === 'multiline') return { type: 'multiline' };
  if (node.properties !== undefined) return { type: 'group', fields: fieldsOf(root, node) };
  const types = Array.isArray(node.type) ? node.type : [node.type];
  if (types.includes('boolean')) return { type: 'switch' };
  if (types.includes('array')) return { type: 'texts' };
  if (types.includes('integer') || types.includes('number')) {
    return { type: 'number', min: number(node.minimum), max: number(node.maximum) };
  }
  return { type: 'text' };
}

function choicesOf(root: Node, node: Node): Choice[] {
  const labels = asNode(node['x-labels']);
  if (Array.isArray(node.enum)) {
    return node.enum.filter(isText).map((value) => choice(value, { title: labels[value] }));
  }
  const alternatives = [node.oneOf, node.anyOf].find(Array.isArray) ?? [];
  return alternatives.flatMap((alternative: unknown) => {
    const each = resolve(root, asNode(alternative));
    return isText(each.const) ? [choice(each.const, each)] : choicesOf(root, each);
  });
}

function choice(value: string, node: Node): Choice {
  // Descriptions speak of the values as they are, so a value without a title is shown as it is.
  const label = typeof node.title === 'string' ? node.title : value.replaceAll('_', ' ');
  return { value, label, description: typeof node.description === 'string' ? node.description : undefined };
}

/** Follows `$ref` into `$defs`; what stands beside the reference wins. */
function resolve(root: Node, node: Node): Node {
  const single = Array.isArray(node.allOf) && node.allOf.length === 1 ? asNode(node.allOf[0]) : undefined;
  const reference = node.$ref ?? single?.$ref;
  if (typeof reference !== 'string') return node;
  const name = /^#\/(?:\$defs|definitions)\/(.+)$/.exec(reference)?.[1];
  const definitions = asNode(root.$defs ?? root.definitions);
  const target = name ? asNode(definitions[name]) : {};
  return { ...target, ...node, $ref: undefined, allOf: undefined };
}

function asNode(value: unknown): Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Node) : {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(isText) : [];
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function capitalised(name: string): string {
  const spaced = name.replaceAll('_', ' ');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
