/** The data folder has a live owner already: two servers on one folder would destroy it. */
export class EmbeddedPostgresInUseError extends Error {
  readonly code = 'KAKAO_SHARE_EMBEDDED_POSTGRES_IN_USE';
  override readonly name = 'EmbeddedPostgresInUseError';

  constructor(
    readonly dataDir: string,
    readonly ownerPid: number,
  ) {
    super(
      `Process ${ownerPid} already runs the Postgres of ${dataDir}. ` +
        'Stop that process, or give this one a data folder of its own.',
    );
  }
}

/** There are no Postgres binaries for this machine. The message names the package to install. */
export class EmbeddedPostgresMissingError extends Error {
  readonly code = 'KAKAO_SHARE_EMBEDDED_POSTGRES_MISSING';
  override readonly name = 'EmbeddedPostgresMissingError';
}

/** A folder cannot be used as it is: its owner, its mode, or what lies in it. The message says what to change. */
export class EmbeddedPostgresFolderError extends Error {
  readonly code = 'KAKAO_SHARE_EMBEDDED_POSTGRES_FOLDER';
  override readonly name = 'EmbeddedPostgresFolderError';
}

/** Postgres could not be prepared or started. The message ends with what it said last. */
export class EmbeddedPostgresStartError extends Error {
  readonly code = 'KAKAO_SHARE_EMBEDDED_POSTGRES_START';
  override readonly name = 'EmbeddedPostgresStartError';
}

/** Postgres is still running although it was told to stop, twice. */
export class EmbeddedPostgresStopError extends Error {
  readonly code = 'KAKAO_SHARE_EMBEDDED_POSTGRES_STOP';
  override readonly name = 'EmbeddedPostgresStopError';

  constructor(readonly pid: number) {
    super(
      `Postgres (process ${pid}) did not stop. End it by hand, or let the next start try again.`,
    );
  }
}
