import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const DOCUMENTS = ['.', 'docs', 'docs/decisions'].flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join(folder, file)),
);

test.each(DOCUMENTS)('%s links to files and headings that are there', (file) => {
  const links = [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '');
  const broken = links
    .filter((link) => !link.startsWith('https://'))
    .filter((link) => !leadsSomewhere(link, file));
  expect(broken).toEqual([]);
});

function proseOf(file: string): string {
  return readFileSync(file, 'utf8').replaceAll(/^ *```[^]*?^ *```/gm, '');
}

function leadsSomewhere(link: string, from: string): boolean {
  const [name = '', anchor] = link.split('#');
  const target = name === '' ? from : path.join(path.dirname(from), name);
  if (!existsSync(target)) return false;
  if (anchor === undefined) return true;
  const headings = proseOf(target)
    .split('\n')
    .filter((line) => /^#+ /.test(line));
  return headings.map(anchorOf).includes(anchor);
}

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  const text = heading.replace(/^#+ /, '').toLowerCase();
  return text.replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
}
