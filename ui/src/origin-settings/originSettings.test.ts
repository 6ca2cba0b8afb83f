import { describe, expect, it } from 'vitest';
import { errorsByField } from './originSettings';

describe('what the server says of entries', () => {
  it('stands at the field that holds them', () => {
    expect(
      errorsByField([
        { field: 'settings.domains[1]', message: 'a' },
        { field: 'settings.domains[2]', message: 'b' },
        { field: 'settings.people[3].name', message: 'c' },
        { field: 'settings.people[3].addresses[0]', message: 'd' },
        { field: 'settings.people', message: 'e' },
      ]),
    ).toEqual({ domains: 'a; b', 'people.3.name': 'c', 'people.3.addresses': 'd', people: 'e' });
  });
});
