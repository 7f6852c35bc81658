import pg from 'pg';

/** Stops what was started and leaves nothing behind on a server that was only pointed at. */
export default async function stopServers(): Promise<void> {
  const servers = globalThis.kakaoShareTestServers;
  if (servers === undefined) return;
  await servers.stopRedis();
  if (servers.postgres === undefined) {
    const client = new pg.Client({ connectionString: servers.serverUrl });
    await client.connect();
    await client.query(`DROP DATABASE IF EXISTS ${servers.templateDatabase} WITH (FORCE)`);
    await client.end();
  }
  await servers.postgres?.stop();
  servers.removeFolder();
}
