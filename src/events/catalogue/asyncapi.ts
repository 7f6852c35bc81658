import {
  CHANNELS,
  KAFKA_KEY,
  OPERATIONS,
  SERVERS,
  WEBHOOK_HEADERS,
} from './asyncapi-transports.js';
import { CATALOGUE, dataSchemaUri } from './catalogue.js';
import { CLOUD_EVENT, exampleEvent } from './cloud-event.js';
import type { EventDefinition } from './event-definition.js';

const DESCRIPTION = `
What nestjs-kakao-share tells others: CloudEvents 1.0 in JSON, structured mode, the same over every transport that is switched on.

- Every event comes at least once; \`id\` is the same each time. Remember it together with the effect, so that the effect happens once.
- Events of one \`subject\` (a user) come in the order of \`sequence\`, which counts them from 1 without gaps. An event that a destination refused, and
  that was sent again later, comes out of order. Between subjects there is no order.
- \`dataschema\` names type and version of the data. More fields are a new version; ignore what you do not know, also types.
- Inside a host application the same events reach handlers of the process, which is no channel here.
`.trim();

/** The catalogue as an AsyncAPI 3 document: what the service sends, and how each transport carries it. */
export function toAsyncApi(packageVersion: string): Record<string, unknown> {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'nestjs-kakao-share events',
      version: packageVersion,
      description: DESCRIPTION,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/cloudevents+json',
    servers: SERVERS,
    channels: CHANNELS,
    operations: OPERATIONS,
    components: {
      messages: Object.fromEntries(CATALOGUE.map((event) => [event.type, toMessage(event)])),
      schemas: {
        cloudEvent: CLOUD_EVENT,
        kafkaKey: KAFKA_KEY,
        webhookHeaders: WEBHOOK_HEADERS,
        ...Object.fromEntries(CATALOGUE.map((event) => [schemaName(event), event.data])),
      },
    },
  };
}

/** The same name for as long as the schema is the same. */
function schemaName({ type, version }: EventDefinition): string {
  return `${type}.v${version}`;
}

function toMessage(event: EventDefinition): Record<string, unknown> {
  const { type, version, summary } = event;
  return {
    name: type,
    title: `${type}, version ${version}`,
    summary,
    payload: {
      allOf: [
        { $ref: '#/components/schemas/cloudEvent' },
        {
          type: 'object',
          required: ['data'],
          properties: {
            type: { const: type },
            dataschema: { const: dataSchemaUri(type, version) },
            data: { $ref: `#/components/schemas/${schemaName(event)}` },
          },
        },
      ],
    },
    bindings: bindingsOf(event),
    examples: [{ name: 'example', payload: exampleEvent(event) }],
  };
}

/** What a message carries outside its body. */
function bindingsOf({ type }: EventDefinition): Record<string, unknown> {
  return {
    amqp: { messageType: type, bindingVersion: '0.3.0' },
    kafka: { key: { $ref: '#/components/schemas/kafkaKey' }, bindingVersion: '0.5.0' },
    http: { headers: { $ref: '#/components/schemas/webhookHeaders' }, bindingVersion: '0.3.0' },
  };
}
