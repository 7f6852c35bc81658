import { buildMessage, ValidateBy } from 'class-validator';

const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})$/;

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

function isTime(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const [, year, month, day] = RFC_3339.exec(value) ?? [];
  if (day === undefined || Number.isNaN(Date.parse(value))) return false;
  // JavaScript takes 30 February for 2 March.
  return Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
}
