import { isIPv4 } from 'node:net';

import { SimulatorError } from './simulator-error.js';

/** Checks where a simulation may send to: somebody else's service, and with it a key, only when told so. */
export function checkTarget(url: string, allowRemote: boolean): void {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (!target || !/^https?:$/.test(target.protocol) || target.username || target.hash) {
    throw new SimulatorError(
      'SIMULATOR_BAD_USAGE',
      '--url is not a webhook URL',
      'Give an http(s) URL without user name and fragment.',
    );
  }
  if (allowRemote || isLoopback(target.hostname)) return;
  throw new SimulatorError(
    'SIMULATOR_REMOTE_TARGET',
    `${target.hostname} is not this machine`,
    'Simulate against a service of your own; if that is what you want, add --allow-remote.',
  );
}

function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname === '[::1]') return true;
  return isIPv4(hostname) && hostname.startsWith('127.');
}
