// Names of everything kept in the query cache, so that live events and changes can refresh it.
export const keys = {
  session: ['session'] as const,
  setup: ['setup'] as const,
  people: ['people'] as const,
  messages: (filters?: unknown) => (filters === undefined ? ['messages'] : ['messages', filters]),
  message: (id: string, ...rest: string[]) => ['message', id, ...rest],
  cases: (filters?: unknown) => (filters === undefined ? ['cases'] : ['cases', filters]),
  case: (id: string, ...rest: string[]) => ['case', id, ...rest],
  connectorKinds: ['connector-kinds'] as const,
  connectors: ['connectors'] as const,
  connector: (id: string, ...rest: string[]) => ['connector', id, ...rest],
  alarms: ['alarms'] as const,
  audit: ['audit'] as const,
  users: ['users'] as const,
  sessions: ['sessions'] as const,
  tokens: ['tokens'] as const,
};
