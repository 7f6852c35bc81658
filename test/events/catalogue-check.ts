import { Ajv, type ValidateFunction } from 'ajv';
import * as formats from 'ajv-formats';
import { CATALOGUE, dataSchemaUri } from '../../src/events/catalogue/catalogue.js';
import { CLOUD_EVENT } from '../../src/events/catalogue/cloud-event.js';
import type { DomainEventType, ShareEvent } from '../../src/events/domain-event.js';

const ajv = new Ajv({ allErrors: true, strict: true });
formats.default.default(ajv);

const envelope = ajv.compile(CLOUD_EVENT);
/** By the name that an event gives its data's schema. */
const schemas = new Map(
  CATALOGUE.map(({ type, version, data }) => [dataSchemaUri(type, version), ajv.compile(data)]),
);

/** What is wrong with an event, as a consumer who checks strictly would find; empty: nothing. */
export function problemsOf(event: ShareEvent): string[] {
  const schema = schemas.get(event.dataschema);
  if (schema === undefined) return [`the catalogue has no ${event.dataschema}`];
  const foreign = event.dataschema.includes(`/${event.type}/`)
    ? []
    : ['dataschema is another type’s'];
  return [...foreign, ...faultsOf(envelope, event), ...faultsOf(schema, event.data)];
}

/** What is wrong with the data of the newest version of this type. */
export function dataProblemsOf(type: DomainEventType, data: unknown): string[] {
  const version = CATALOGUE.find((definition) => definition.type === type)?.version ?? 0;
  const schema = schemas.get(dataSchemaUri(type, version));
  return schema === undefined ? [`the catalogue has no ${type}`] : faultsOf(schema, data);
}

function faultsOf(schema: ValidateFunction, value: unknown): string[] {
  // As it is told: what JSON has no word for is gone.
  schema(JSON.parse(JSON.stringify(value)));
  return (schema.errors ?? []).map(
    ({ instancePath, message }) => `${instancePath} ${message ?? ''}`,
  );
}
