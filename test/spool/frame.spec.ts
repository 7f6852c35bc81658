import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import type { Delivery } from '../../src/deliveries/delivery.js';
import { decodePayload, encodeFrame, readFrame, type Tail } from '../../src/spool/frame.js';
import { FrameTooLargeError } from '../../src/spool/spool-errors.js';
import { givenDelivery } from '../deliveries/given-delivery.js';

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

const anyDelivery: fc.Arbitrary<Delivery> = fc
  .record({
    id: fc.uuid(),
    app: fc.string(),
    resourceId: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
    receivedAt: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }),
    userId: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
    intentId: fc.option(fc.uuid(), { nil: undefined }),
    method: fc.constantFrom('GET', 'POST'),
    headers: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
    query: bytes(300),
    body: bytes(300),
    problems: fc.array(fc.record({ field: fc.string(), problem: fc.string() }), { maxLength: 3 }),
  })
  .map((parts) => givenDelivery(undefined, parts));

/** What a reader gets of these bytes, and what comes behind. */
function readAll(spooled: Buffer): { deliveries: Delivery[]; tail: Tail } {
  const deliveries: Delivery[] = [];
  for (let offset = 0; ;) {
    const reading = readFrame(spooled, offset);
    if (reading.kind !== 'frame') return { deliveries, tail: reading.kind };
    deliveries.push(decodePayload(reading.payload));
    offset = reading.endsAt;
  }
}

const spooledAs = (deliveries: readonly Delivery[]): Buffer =>
  Buffer.concat(deliveries.map(encodeFrame));

/** As JSON has it, where undefined and absent are one. */
const plain = (deliveries: readonly Delivery[]): unknown => JSON.parse(JSON.stringify(deliveries));

test('whatever was received is read back as it was', () => {
  fc.assert(
    fc.property(fc.array(anyDelivery, { maxLength: 5 }), (deliveries) => {
      const read = readAll(spooledAs(deliveries));
      expect(plain(read.deliveries)).toEqual(plain(deliveries));
      expect(read.tail).toBe('end');
    }),
  );
});

test('random damage never yields a wrong delivery: frames are missing from there on, and none is invented', () => {
  fc.assert(
    fc.property(
      fc.array(anyDelivery, { minLength: 1, maxLength: 4 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      (deliveries, place, noise) => {
        const spooled = spooledAs(deliveries);
        const at = Math.floor(place * spooled.length);
        const damaged = Buffer.from(spooled);
        damaged.set(noise.subarray(0, spooled.length - at), at);
        const read = readAll(damaged).deliveries;
        expect(plain(read)).toEqual(plain(deliveries.slice(0, read.length)));
        // Frames that end before the damage are all there.
        const whole = deliveries.filter(
          (_, index) => spooledAs(deliveries.slice(0, index + 1)).length <= at,
        );
        expect(read.length).toBeGreaterThanOrEqual(whole.length);
      },
    ),
    { numRuns: 500 },
  );
});

test('a file cut off anywhere gives every whole frame, and the rest is torn', () => {
  const deliveries = [givenDelivery('a'), givenDelivery('b')];
  const spooled = spooledAs(deliveries);
  const firstEndsAt = spooledAs(deliveries.slice(0, 1)).length;
  for (let end = 0; end < spooled.length; end++) {
    const { deliveries: read, tail } = readAll(spooled.subarray(0, end));
    expect({ end, count: read.length }).toEqual({ end, count: end >= firstEndsAt ? 1 : 0 });
    expect(tail).toBe(end === 0 || end === firstEndsAt ? 'end' : 'torn');
  }
});

test('bytes that are no frames are survived, and yield none', () => {
  fc.assert(
    fc.property(bytes(2_000), (noise) => {
      expect(readAll(noise).deliveries).toEqual([]);
    }),
  );
});

test('a file that kept its length and lost its end is torn, one whose middle was changed is damaged', () => {
  const spooled = spooledAs([givenDelivery('a'), givenDelivery('b')]);
  expect(readAll(Buffer.concat([spooled, Buffer.alloc(5_000)])).tail).toBe('torn');
  const changed = Buffer.from(spooled);
  changed.writeUInt8(changed.readUInt8(300) ^ 1, 300);
  expect(readAll(changed).tail).toBe('damaged');
});

test('a frame in a body is never taken for a delivery, even when the frame around it is damaged', () => {
  const inner = encodeFrame(givenDelivery('forged'));
  const outer = encodeFrame(givenDelivery('real', { body: inner }));
  const at = outer.indexOf(inner) - 1;
  outer.writeUInt8(outer.readUInt8(at) ^ 1, at);
  expect(readAll(outer)).toEqual({ deliveries: [], tail: 'damaged' });
});

test('a frame of a later version is told from a damaged one', () => {
  const frame = encodeFrame(givenDelivery('later'));
  frame.writeUInt8(2, 4);
  expect(readAll(frame).tail).toBe('damaged');
  frame.writeUInt32LE(crc32(frame.subarray(0, 13)), 13);
  expect(readAll(frame).tail).toBe('newer');
});

test('what could not be read back is not written', () => {
  expect(() => encodeFrame(givenDelivery('big', { body: Buffer.alloc(3_000_000) }))).toThrow(
    FrameTooLargeError,
  );
});
