import { isIP } from 'node:net';
import { SettingFault } from './setting-fault.js';

/** More than anybody lists by hand; each call of an endpoint is held against all of them. */
const MAX_NETWORKS = 100;

/** A network as it is written, `10.1.0.0/16`, in its parts; undefined where it is none. */
export function parseNetwork(
  text: string,
): { readonly address: string; readonly bits: number; readonly family: 4 | 6 } | undefined {
  const [, address = '', digits] = /^([0-9A-Fa-f.:]{2,45})\/(\d{1,3})$/.exec(text) ?? [];
  const family = isIP(address);
  const bits = Number(digits);
  if (family === 4 && bits <= 32) return { address, bits, family };
  return family === 6 && bits <= 128 ? { address, bits, family } : undefined;
}

/** Why networks cannot be used; undefined when they can. */
export function networksFault(networks: readonly string[]): string | undefined {
  if (networks.length > MAX_NETWORKS) return `names more than ${MAX_NETWORKS} networks`;
  return networks.every((network) => parseNetwork(network) !== undefined)
    ? undefined
    : 'must list networks with their length, comma-separated: 10.1.0.0/16,fd00:1::/64';
}

/** Reads `EVENT_ENDPOINT_NETWORKS`: where endpoints may be though it is private. In development this machine, otherwise nowhere. */
export function readEndpointNetworks(
  text: string | undefined,
  production: boolean,
): readonly string[] {
  if (text === undefined) return production ? [] : ['127.0.0.0/8', '::1/128'];
  const networks = text.split(',').map((network) => network.trim());
  const fault = networksFault(networks);
  if (fault !== undefined) throw new SettingFault(`EVENT_ENDPOINT_NETWORKS ${fault}.`);
  return networks;
}
