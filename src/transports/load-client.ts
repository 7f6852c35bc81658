/** A transport was chosen whose client is not installed: clients are optional, so that nobody carries what they do not use. */
export class MissingClientError extends Error {
  readonly code = 'KAKAO_SHARE_MISSING_CLIENT';
  override readonly name = 'MissingClientError';

  constructor(transport: string, packages: string) {
    super(
      `The transport "${transport}" needs a client that is not installed: npm install ${packages}`,
    );
  }
}

/** Loads a client when it is first needed. @throws {MissingClientError} naming `packages` */
export async function loadClient<Client>(
  transport: string,
  packages: string,
  load: () => Promise<Client>,
): Promise<Client> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')
      throw new MissingClientError(transport, packages);
    throw error;
  }
}
