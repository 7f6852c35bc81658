import { execFileSync } from 'node:child_process';

const RUN_LIMIT_MS = 60_000;

/** Runs in the thread of the module hooks, where `fs` is the only way out. */
const NAME_EACH_LOAD = `
  import { writeSync } from 'node:fs';
  export async function load(url, context, nextLoad) {
    writeSync(1, url + '\\n');
    return nextLoad(url, context);
  }`;

/** What one module of another loads, in a process of its own: the files, and the names of Node's own modules. */
export function modulesLoadedBy(specifier: string): string[] {
  const asUrl = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(asUrl(NAME_EACH_LOAD))});`;
  // What CommonJS modules require goes past the hooks, and is in their cache.
  const program = `
    import { createRequire } from 'node:module';
    await import(${JSON.stringify(specifier)});
    for (const file of Object.keys(createRequire(import.meta.url).cache)) console.log('file://' + file);`;
  const output = execFileSync(
    process.execPath,
    ['--import', asUrl(register), '--input-type=module', '--eval', program],
    { encoding: 'utf8', timeout: RUN_LIMIT_MS },
  );
  const urls = output
    .split('\n')
    .filter((line) => line.startsWith('file:') || line.startsWith('node:'));
  return [...new Set(urls)];
}
