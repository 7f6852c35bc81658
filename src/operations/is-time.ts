import { buildMessage, ValidateBy } from 'class-validator';
import { isTime } from './rule-fields.js';

/** A moment in time: RFC 3339 with its offset, of a day that exists. */
export function IsTime(): PropertyDecorator {
  return ValidateBy({
    name: 'isTime',
    validator: {
      validate: isTime,
      defaultMessage: buildMessage(
        () =>
          '$property must be an RFC 3339 time with an offset, e.g. 2026-11-21T09:00:00Z (in a URL write "+" as %2B)',
      ),
    },
  });
}
