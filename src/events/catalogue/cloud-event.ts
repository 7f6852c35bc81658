import { dataSchemaUri } from './catalogue.js';
import type { EventDefinition } from './event-definition.js';

/** What every event is, whatever it tells: the JSON Schema of `ShareEvent`. */
export const CLOUD_EVENT = {
  type: 'object',
  description:
    'A CloudEvents 1.0 event in JSON. Attributes can be added without a new version: ignore what you do not know.',
  required: [
    'specversion',
    'id',
    'source',
    'type',
    'time',
    'datacontenttype',
    'dataschema',
    'data',
  ],
  properties: {
    specversion: { type: 'string', const: '1.0' },
    id: {
      type: 'string',
      format: 'uuid',
      description: 'A UUIDv7, the same each time the event comes.',
    },
    source: {
      type: 'string',
      format: 'uri-reference',
      description: '"/kakao-share/" and the Kakao app, by our name for it.',
    },
    type: { type: 'string', description: 'What happened, in the past tense.' },
    subject: {
      type: 'string',
      minLength: 1,
      description:
        'The user’s id, as the custom parameter gave it; absent where there is no user, or none any more.',
    },
    time: {
      type: 'string',
      format: 'date-time',
      description: 'When it happened, which may be long before it is told.',
    },
    datacontenttype: { type: 'string', const: 'application/json' },
    dataschema: {
      type: 'string',
      format: 'uri',
      description: 'Names the schema of `data`, by type and version. Nothing can be fetched there.',
    },
    sequence: {
      type: 'string',
      pattern: '^[0-9]{16}$',
      description:
        'Counts the user’s events from 1 without gaps, zero-padded so that texts sort as numbers do; absent where the event is about no user.',
    },
    data: { type: 'object' },
  },
};

/** An event of this kind as others receive it. */
export function exampleEvent(event: EventDefinition): Record<string, unknown> {
  const { type, version, isAboutUser, example } = event;
  return {
    specversion: '1.0',
    id: '0192f0c1-7e01-7c55-9b1a-4d3f2e1c0b9a',
    source: '/kakao-share/default',
    type,
    ...(isAboutUser ? { subject: 'minji' } : {}),
    time: '2026-11-03T04:00:00.000Z',
    datacontenttype: 'application/json',
    dataschema: dataSchemaUri(type, version),
    ...(isAboutUser ? { sequence: '0000000000000007' } : {}),
    data: example,
  };
}
