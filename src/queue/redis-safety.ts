/** What a Redis does with jobs when its memory is full or when it is restarted. */
export interface RedisSafety {
  /** Undefined where it does not tell. */
  readonly maxmemoryPolicy: string | undefined;
  /** Since it was started. */
  readonly evictedKeys: number;
  readonly isAofOn: boolean;
  /** Undefined where it does not tell: managed ones refuse CONFIG. */
  readonly savesSnapshots: boolean | undefined;
  /** Its last write of AOF or snapshot failed. */
  readonly isWriteFailing: boolean;
}

/** What we ask of a client, or of a node of a cluster. */
export interface AskableRedis {
  info(...sections: string[]): Promise<string>;
  config(operation: 'GET', name: string): Promise<unknown>;
}

/** A cluster has more than anybody needs to be told of. */
const MAX_NODES = 32;

/** Asks every server that holds jobs. */
export async function readRedisSafety(
  client: AskableRedis & { nodes?: (role: 'master') => AskableRedis[] },
): Promise<RedisSafety[]> {
  const servers = client.nodes?.('master').slice(0, MAX_NODES) ?? [client];
  return Promise.all(servers.map(readOne));
}

async function readOne(server: AskableRedis): Promise<RedisSafety> {
  // Without sections: servers before 7 take one at a time only.
  const told = readInfo(await server.info());
  return {
    maxmemoryPolicy: told.get('maxmemory_policy'),
    evictedKeys: Number(told.get('evicted_keys') ?? 0),
    isAofOn: told.get('aof_enabled') === '1',
    savesSnapshots: await readSnapshots(server),
    isWriteFailing:
      told.get('aof_last_write_status') === 'err' || told.get('rdb_last_bgsave_status') === 'err',
  };
}

async function readSnapshots(server: AskableRedis): Promise<boolean | undefined> {
  try {
    const answer = await server.config('GET', 'save');
    return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] !== '' : undefined;
  } catch {
    return undefined;
  }
}

function readInfo(text: string): Map<string, string> {
  const lines = text.split('\r\n').map((line) => line.split(':', 2));
  return new Map(lines.map(([name = '', value = '']) => [name, value]));
}
