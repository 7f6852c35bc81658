import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A port of 127.0.0.1 that goes to nobody else until it is released, for a server that starts much later. */
export interface HeldPort {
  readonly port: number;
  release(): Promise<void>;
}

export async function holdPort(): Promise<HeldPort> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  return {
    port: (holder.address() as AddressInfo).port,
    release: async () => {
      if (!holder.listening) return;
      holder.close();
      await once(holder, 'close');
    },
  };
}
