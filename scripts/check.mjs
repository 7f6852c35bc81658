// Everything but the tests. The linter takes as long as all the others together, so they run beside it.
import { spawn } from 'node:child_process';

function run(name) {
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', `check:${name}`], {
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
    child.on('close', (code) => resolve(code === 0));
  });
}

async function runInTurn(...names) {
  for (const name of names) if (!(await run(name))) return false;
  return true;
}

const passed = await Promise.all([run('lint'), runInTurn('types', 'boundaries', 'format')]);
process.exit(passed.every(Boolean) ? 0 : 1);
