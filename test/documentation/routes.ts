import { RequestMethod } from '@nestjs/common';
import { readdirSync } from 'node:fs';
import 'reflect-metadata';
import { rowsOf } from './tables.js';

type Class = new (...parts: never[]) => object;

/** The routes of all controllers below a path, as `GET /v1/…`. */
export async function routesBelow(path: string): Promise<string[]> {
  const routes: string[] = [];
  const files = readdirSync('src/operations').filter((file) => file.endsWith('.controller.ts'));
  // One after another: jest's module loader loses its way when several ask for the same parts at once.
  for (const file of files) {
    const name = file.replace(/\.ts$/, '.js');
    const module: unknown = await import(`../../src/operations/${name}`);
    routes.push(
      ...Object.values(module as object)
        .filter(isClass)
        .flatMap(routesOf),
    );
  }
  return routes.filter((route) => route.includes(` ${path}`)).sort();
}

/** The routes below a path that a document's tables begin with: `GET /v1/things`, `/:id` are two. */
export function routesNamed(file: string, path: string): string[] {
  return rowsOf(file)
    .map(({ first }) => first)
    .flatMap(([route = '', ...below]) => [route, ...below.map((end) => `${route}${end}`)])
    .filter((route) => route.includes(` ${path}`))
    .sort();
}

function isClass(value: unknown): value is Class {
  return typeof value === 'function';
}

function routesOf(controller: Class): string[] {
  const base = Reflect.getMetadata('path', controller) as string | undefined;
  const prototype = controller.prototype as Record<string, object>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    if (base === undefined || name === 'constructor' || handler === undefined) return [];
    const path = Reflect.getMetadata('path', handler) as string | undefined;
    if (path === undefined) return [];
    const method = RequestMethod[Reflect.getMetadata('method', handler) as number] ?? '';
    return [`${method} /${base}${path === '/' ? '' : `/${path}`}`];
  });
}
