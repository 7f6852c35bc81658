/**
 * Who may import whom: one line per room of src/. A room may always import from itself.
 * `config` and `database` are the ground floor. Rooms not named in a line are out of its reach.
 */
const MAY_IMPORT = {
  kakao: [],
  config: ['kakao'],
  lifecycle: [],
  keys: ['config', 'kakao', 'lifecycle', 'database', 'audit'],
  simulator: ['kakao'],
  idempotency: [],
  queue: ['lifecycle'],
  database: ['config', 'lifecycle'],
  audit: ['database'],
  users: ['database', 'audit', 'deliveries'],
  ledger: ['database'],
  campaigns: ['kakao', 'database', 'audit', 'ledger'],
  intents: ['config', 'kakao', 'idempotency', 'database', 'users', 'campaigns'],
  points: ['idempotency', 'database', 'lifecycle', 'audit', 'users', 'ledger', 'events'],
  shares: ['kakao', 'database'],
  events: ['database'],
  relay: ['database', 'lifecycle', 'audit', 'events'],
  transports: ['queue', 'lifecycle', 'events', 'relay'],
  endpoints: ['config', 'database', 'lifecycle', 'audit', 'events', 'relay'],
  consumers: ['events'],
  deliveries: ['kakao', 'queue', 'database', 'lifecycle'],
  spool: ['deliveries', 'database', 'lifecycle', 'audit'],
  webhook: [
    ...['config', 'kakao', 'keys', 'intents', 'deliveries', 'spool', 'queue', 'database', 'audit'],
  ],
  watch: ['config', 'database', 'lifecycle', 'deliveries', 'spool', 'queue', 'events', 'webhook'],
  metrics: [
    ...['config', 'database', 'lifecycle', 'keys', 'deliveries', 'spool', 'queue', 'relay'],
    ...['settlement', 'watch', 'webhook'],
  ],
  settlement: [
    ...['kakao', 'idempotency', 'deliveries', 'queue', 'database', 'lifecycle', 'audit'],
    ...['campaigns', 'intents', 'users', 'ledger', 'points', 'shares', 'events'],
    ...['relay', 'transports', 'endpoints'],
  ],
  operations: [
    ...['config', 'kakao', 'idempotency', 'deliveries', 'queue', 'database', 'lifecycle'],
    ...['campaigns', 'intents', 'users', 'ledger', 'points', 'shares', 'events', 'relay'],
    ...['settlement', 'endpoints', 'watch', 'metrics', 'spool', 'keys', 'webhook'],
  ],
};

const roomRules = Object.entries(MAY_IMPORT).map(([room, others]) => ({
  name: `${room}-imports`,
  comment: `${room}/ may import from: ${others.join(', ') || 'no other room'}`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: `^src/(${[room, ...others].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...roomRules,
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'known-rooms-only',
      comment:
        'Every folder of src/ is a room with a line in MAY_IMPORT; utils/ and common/ are not.',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: `^src/(${Object.keys(MAY_IMPORT).join('|')})/` },
    },
    {
      name: 'kakao-is-pure',
      comment: 'kakao/ holds words and rules: no Nest, no I/O.',
      severity: 'error',
      from: { path: '^src/kakao/' },
      to: { path: '(^|node_modules/)(@nestjs|typeorm|pg|bullmq|express|fastify)' },
    },
    {
      name: 'no-barrels',
      comment: 'The one public face is src/index.ts.',
      severity: 'error',
      from: {},
      to: { path: '^src/.+/index\\.ts$' },
    },
    {
      name: 'no-dev-dependencies-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
