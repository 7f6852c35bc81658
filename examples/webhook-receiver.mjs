// Receives outgoing webhooks: verifies each and credits a wallet once.
// Run: WEBHOOK_SECRET=whsec_… DATABASE_URL=postgres://… PORT=8080 node examples/webhook-receiver.mjs
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import {
  ShareEventFormatError,
  ShareEventSignatureError,
  ShareEventVerifier,
} from 'nestjs-kakao-share/consumer';
import { openWallet } from './wallet.mjs';

const { WEBHOOK_SECRET = '', DATABASE_URL, PORT = '8080', HOST = '127.0.0.1' } = process.env;
/** Far above any event. */
const MAX_BODY_BYTES = 1_000_000;

// While a secret rotates: the new and the old one, with a comma between them.
const verifier = new ShareEventVerifier(WEBHOOK_SECRET.split(','));
const wallet = await openWallet(DATABASE_URL, 'webhook-receiver');

const server = createServer(async (request, response) => {
  response.statusCode = await statusFor(request);
  response.end();
});
server.requestTimeout = 10_000;

/** 2xx only once the effect is committed: everything else is sent again. */
async function statusFor(request) {
  try {
    const body = await read(request);
    if (body === undefined) return 413;
    await wallet.handle(verifier.verify(body, request.headers));
    return 204;
  } catch (error) {
    if (error instanceof ShareEventSignatureError) return 401;
    if (error instanceof ShareEventFormatError) return 422;
    console.error(`An event will come again: ${error.message}`);
    return 503;
  }
}

/** The bytes as they came: a signature is over these. */
async function read(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

server.listen(Number(PORT), HOST, () => {
  console.log(`Waiting for events at http://${HOST}:${server.address().port}/`);
});
process.once('SIGTERM', () => server.close(() => wallet.close()));
