import { Presets, SingleBar } from 'cli-progress';

export interface ProgressBar {
  advance(): void;
  stop(): void;
}

/** A bar for a terminal; into a file or a pipe it would be noise, so there it shows nothing. */
export function startProgressBar(
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean },
  total: number,
): ProgressBar {
  if (stream.isTTY !== true) return { advance: () => undefined, stop: () => undefined };
  const bar = new SingleBar(
    {
      stream,
      format: '{bar} {percentage} % · {value}/{total} · {duration_formatted}',
      clearOnComplete: true,
      hideCursor: true,
      // Ctrl-C is ours: it ends the run with a summary.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return {
    advance: () => {
      bar.increment();
    },
    stop: () => {
      bar.stop();
    },
  };
}
