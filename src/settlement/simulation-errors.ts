/** More than can be looked at in the time there is. */
export class SimulationTooSlowError extends Error {
  readonly code = 'KAKAO_SHARE_SIMULATION_TOO_SLOW';
  override readonly name = 'SimulationTooSlowError';

  constructor() {
    super('There is more to look at than time: choose a later `from`, or a shorter period.');
  }
}

/** The door answers in the same process, so one simulation at a time. */
export class SimulationBusyError extends Error {
  readonly code = 'KAKAO_SHARE_SIMULATION_BUSY';
  override readonly name = 'SimulationBusyError';

  constructor() {
    super('Another simulation is running: ask again when it is done.');
  }
}
