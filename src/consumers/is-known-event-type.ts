import { DOMAIN_EVENT_TYPES, type DomainEventType } from '../events/domain-event.js';

/** Whether this version knows what an event of this type tells. A newer service may send others. */
export function isKnownEventType(type: string): type is DomainEventType {
  return (DOMAIN_EVENT_TYPES as readonly string[]).includes(type);
}
