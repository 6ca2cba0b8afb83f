// What the rest of the desk refers to: identities, moments, the connector its mail came by.
export const id = (number: number) => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;
export const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
export const phishing = { id: id(20), name: 'Phishing reports' };
