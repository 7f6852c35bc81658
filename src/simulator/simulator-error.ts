/** Every way in which the simulator refuses to start. The code is stable; the text may change. */
export type SimulatorErrorCode =
  | 'SIMULATOR_BAD_USAGE'
  | 'SIMULATOR_BAD_SCENARIO'
  | 'SIMULATOR_NO_ADMIN_KEY'
  | 'SIMULATOR_REMOTE_TARGET';

/** Something that the caller can put right. Neither message nor remedy ever holds an admin key. */
export class SimulatorError extends Error {
  override readonly name = 'SimulatorError';

  constructor(
    readonly code: SimulatorErrorCode,
    message: string,
    /** What to do about it, as an order. */
    readonly remedy: string,
  ) {
    super(message);
  }
}
