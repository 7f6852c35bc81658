import type { DoorStanding } from '../webhook/door-observer.js';
import type { DoorMetrics } from './door-metrics.js';
import type { GaugeReading, GaugeSource } from './gauge-source.js';

/** How this process's door stands: in memory, so it is told while the database is away. Nothing where there is no door. */
export function doorGauges(door: DoorMetrics): GaugeSource {
  return {
    part: 'door',
    read: () => {
      const [standing] = door.standings;
      return Promise.resolve(standing === undefined ? [] : readStanding(standing));
    },
  };
}

function readStanding({ inbox, spool }: DoorStanding): GaugeReading[] {
  const { oldestReceivedAt } = spool;
  return [
    {
      name: 'kakao_share_door_waiting_webhooks',
      help: 'Webhooks that wait for the database at this moment.',
      value: inbox.waiting,
    },
    {
      name: 'kakao_share_door_breaker_open',
      help: '1 while the database is given up for the moment, and webhooks go to the spool at once.',
      value: inbox.breaker === 'closed' ? 0 : 1,
    },
    {
      name: 'kakao_share_spool_up',
      help: '1 while the spool can take webhooks; 0 while it is full or broken, or where there is none.',
      value: spool.state === 'ok' || spool.state === 'in-use' ? 1 : 0,
    },
    {
      name: 'kakao_share_spool_bytes',
      help: 'What the spool takes of the disk, all processes that share it together.',
      value: spool.bytes,
    },
    {
      name: 'kakao_share_spool_max_bytes',
      help: 'What it may take.',
      value: spool.maxBytes,
    },
    {
      name: 'kakao_share_spool_waiting_webhooks',
      help: 'Webhooks in the spool that are not in the database yet.',
      value: spool.framesWaiting,
    },
    {
      name: 'kakao_share_spool_oldest_webhook_seconds',
      help: 'How long ago the oldest of them was received; 0 where there is none.',
      value: oldestReceivedAt === undefined ? 0 : (Date.now() - oldestReceivedAt.getTime()) / 1_000,
    },
    {
      name: 'kakao_share_spool_refused_webhooks',
      help: 'Webhooks in the spool that the database refuses.',
      value: spool.refused,
    },
    {
      name: 'kakao_share_spool_damaged_files',
      help: 'Files and folders in the spool that are damaged or cannot be read.',
      value: spool.damaged,
    },
    {
      name: 'kakao_share_spool_newer_files',
      help: 'Files in the spool with webhooks that only a later version can read, and commit.',
      value: spool.newer,
    },
  ];
}
