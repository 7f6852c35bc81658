import { readFileSync } from 'node:fs';
import { SettingFault } from './setting-fault.js';

/** As `process.env` has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads one setting after another, gathering faults. Empty means not set. */
export class EnvironmentReader {
  constructor(
    private readonly environment: Environment,
    private readonly faults: string[],
  ) {}

  text(name: string): string | undefined {
    const value = this.environment[name]?.trim();
    return value === '' ? undefined : value;
  }

  /** Whether it is set, itself or as a file. */
  has(name: string): boolean {
    return this.text(name) !== undefined || this.text(`${name}_FILE`) !== undefined;
  }

  /** Tells what is wrong, without the value. */
  fault(text: string): void {
    this.faults.push(text);
  }

  secret(name: string): string | undefined {
    const file = this.text(`${name}_FILE`);
    if (file === undefined) return this.text(name);
    if (this.text(name) !== undefined)
      this.faults.push(`${name} and ${name}_FILE are both set: set one.`);
    try {
      const value = readFileSync(file, 'utf8').trim();
      return value === '' ? undefined : value;
    } catch {
      this.faults.push(`${name}_FILE names a file that cannot be read.`);
      return undefined;
    }
  }

  integer(name: string, otherwise: number, least: number, most: number): number {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    this.faults.push(`${name} must be an integer from ${least} to ${most}.`);
    return otherwise;
  }

  url(name: string, protocols: readonly string[]): string | undefined {
    const text = this.secret(name);
    if (text === undefined) return undefined;
    if (protocols.some((protocol) => text.startsWith(`${protocol}//`)) && URL.canParse(text))
      return text;
    this.faults.push(
      `${name} must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}.`,
    );
    return undefined;
  }

  /** Several, comma-separated. */
  urls(name: string, protocols: readonly string[]): readonly string[] | undefined {
    const items = this.secret(name)
      ?.split(',')
      .map((item) => item.trim());
    const isUrl = (item: string): boolean =>
      protocols.some((protocol) => item.startsWith(`${protocol}//`)) && URL.canParse(item);
    if (items === undefined || items.every(isUrl)) return items;
    const starts = protocols.map((protocol) => `${protocol}//`).join(' or ');
    this.faults.push(`${name} must list URLs that start with ${starts}, comma-separated.`);
    return undefined;
  }

  list<Item extends string>(
    name: string,
    allowed: readonly Item[],
    otherwise: readonly Item[],
  ): readonly Item[] {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const items = text.split(',').map((item) => item.trim());
    const isAllowed = (item: string): item is Item => (allowed as readonly string[]).includes(item);
    if (items.every(isAllowed)) return [...new Set(items)];
    this.faults.push(`${name} may name ${allowed.join(', ')}.`);
    return otherwise;
  }

  oneOf<Item extends string>(name: string, allowed: readonly Item[], otherwise: Item): Item {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const item = allowed.find((candidate) => candidate === text);
    if (item !== undefined) return item;
    this.faults.push(`${name} must be one of ${allowed.join(', ')}.`);
    return otherwise;
  }

  matching(name: string, pattern: RegExp, description: string): string | undefined {
    const text = this.text(name);
    if (text === undefined || pattern.test(text)) return text;
    this.faults.push(`${name} must consist of ${description}.`);
    return undefined;
  }

  parsed<T>(name: string, parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      this.faults.push(error instanceof SettingFault ? error.message : `${name} cannot be read.`);
      return undefined;
    }
  }
}
