import { Type, type Static, type TObject, type TProperties, type TSchema } from '@sinclair/typebox';

/** What others are told of one thing that can happen: one file beside this one each. */
export interface EventDefinition<Name extends string = string, Data extends TSchema = TSchema> {
  /** What happened, in the past tense. Consumers choose by it, so it never changes. */
  readonly type: Name;
  /** Of `data`. What is said under one number never changes: see docs/decisions/0015-versions-of-events.md. */
  readonly version: number;
  /** Whether it can be about a user, who is its `subject` then. */
  readonly isAboutUser: boolean;
  /** What it means, when it comes, and what a consumer does with it. */
  readonly summary: string;
  /** JSON Schema (draft-07) of the event's `data`, every field explained. */
  readonly data: Data;
  readonly example: Static<Data>;
}

/** Defines an event by the fields of its data; it has no others. */
export function defineEvent<const Name extends string, Fields extends TProperties>({
  data,
  ...definition
}: {
  readonly type: Name;
  readonly version: number;
  readonly isAboutUser: boolean;
  readonly summary: string;
  readonly data: Fields;
  readonly example: Static<TObject<Fields>>;
}): EventDefinition<Name, TObject<Fields>> {
  return { ...definition, data: Type.Object(data, { additionalProperties: false }) };
}
