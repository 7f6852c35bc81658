import { isIP } from 'node:net';
import { networksFault } from './endpoint-networks.js';
import { SettingFault } from './setting-fault.js';

/** A single address as the network that it is; anything else as it stands. */
export function asNetwork(text: string): string {
  const family = isIP(text);
  if (family === 0) return text;
  return `${text}/${family === 4 ? 32 : 128}`;
}

/** Reads `KAKAO_NETWORKS`: from where webhooks are taken. Not set: from everywhere. */
export function readKakaoNetworks(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const networks = text.split(',').map((network) => asNetwork(network.trim()));
  const fault = networksFault(networks);
  if (fault !== undefined) throw new SettingFault(`KAKAO_NETWORKS ${fault}.`);
  return networks;
}
