/** What is said of everything that somebody does by hand to points that moved before. */
export interface HandRequest {
  /** The apps that the caller may touch; undefined: all. */
  readonly apps: readonly string[] | undefined;
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
  /** Unique within the app, over all operations: under it no other request is taken. */
  readonly key?: string | undefined;
}
