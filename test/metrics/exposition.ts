/** One sample of Prometheus's text format. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A page of Prometheus's text format, read strictly. Source: Prometheus, Exposition formats, text format 0.0.4. */
export interface Exposition {
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly ReadSample[];
  /** The value of the only sample with this name and these labels; undefined: there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)?\\})? (\\S+)$`);
const COMMENT = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`);
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];

/** @throws at the first line that is none of the format's, and at a family that is told twice or not explained */
export function readExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('The last line is not ended.');
  const types = new Map<string, string>();
  const helps = new Set<string>();
  const samples: ReadSample[] = [];
  for (const line of text.split('\n').filter((each) => each !== '')) {
    if (line.startsWith('#')) readComment(line, types, helps);
    else samples.push(readSample(line));
  }
  for (const { name } of samples) {
    const family = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
    if (!types.has(family) || !helps.has(family)) throw new Error(`${name} is not explained.`);
  }
  const keys = samples.map(({ name, labels }) => JSON.stringify([name, labels]));
  if (new Set(keys).size !== keys.length) throw new Error('A sample is told twice.');
  return { types, samples, value: (name, labels = {}) => findValue(samples, name, labels) };
}

function readComment(line: string, types: Map<string, string>, helps: Set<string>): void {
  const [, kind, name = '', rest = ''] = COMMENT.exec(line) ?? [];
  if (kind === undefined) throw new Error(`Not a comment of the format: ${line}`);
  if (kind === 'HELP') helps.add(name);
  else if (types.has(name) || !TYPES.includes(rest)) throw new Error(`Type of ${name}: ${rest}`);
  else types.set(name, rest);
}

function readSample(line: string): ReadSample {
  const [, name, labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (name === undefined || (Number.isNaN(Number(value)) && !/^(nan|[+-]inf)$/i.test(value)))
    throw new Error(`Not a sample: ${line}`);
  const pairs = [...labels.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)];
  return {
    name,
    labels: Object.fromEntries(pairs.map(([, label = '', text = '']) => [label, text])),
    value: Number(value),
  };
}

function findValue(
  samples: readonly ReadSample[],
  name: string,
  labels: Readonly<Record<string, string>>,
): number | undefined {
  const wanted = Object.entries(labels);
  const found = samples.filter(
    (sample) =>
      sample.name === name && wanted.every(([label, text]) => sample.labels[label] === text),
  );
  if (found.length > 1) throw new Error(`There are ${found.length} samples of ${name}.`);
  return found[0]?.value;
}
