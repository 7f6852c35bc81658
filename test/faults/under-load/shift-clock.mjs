// Loaded before everything else of a process, whose clock is wrong from then on by CLOCK_OFFSET_MS.
const offsetMs = Number(process.env.CLOCK_OFFSET_MS ?? 0);
const RightDate = Date;

globalThis.Date = class Date extends RightDate {
  constructor(...args) {
    super(...(args.length === 0 ? [RightDate.now() + offsetMs] : args));
  }

  static now() {
    return RightDate.now() + offsetMs;
  }
};
