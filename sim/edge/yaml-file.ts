/**
 * A YAML file as plain data that still knows its lines: each part can be told with the place where
 * it stands in the file.
 *
 * Rules: what cannot be read or is no YAML is a SettingsFault of one line; a key that stands twice
 * is one; a file that is too large for what it should be is not read.
 */

import { readFile, stat } from 'node:fs/promises';
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { SettingsFault, type Path } from './settings/fault.ts';

export interface YamlFile {
  readonly path: string;
  readonly value: unknown;
  /** As in ` in x.yaml line 7`; of the whole file, only its name. */
  readonly place: (part: Path) => string;
}

/**
 * @param what in the words of its reader, such as "the scenario"
 * @throws SettingsFault
 */
export async function readYamlFile(path: string, what: string): Promise<YamlFile> {
  const lines = new LineCounter();
  const document = parseDocument(await readText(path, what), {
    lineCounter: lines,
    prettyErrors: false,
  });
  const lineAt = (offset: number): string => ` in ${path} line ${lines.linePos(offset).line}`;
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) {
    throw new SettingsFault([`bad YAML${lineAt(broken.pos[0])}: ${oneLine(broken.message)}`]);
  }
  const place = (part: Path): string => {
    const offset = part.length === 0 ? undefined : offsetOf(document, part);
    return offset === undefined ? ` in ${path}` : lineAt(offset);
  };
  return { path, value: plain(document, path), place };
}

const FILE_BYTES_MAX = 1_000_000;

async function readText(path: string, what: string): Promise<string> {
  let bytes: Buffer;
  try {
    const { size } = await stat(path);
    if (size > FILE_BYTES_MAX) {
      throw new SettingsFault([`${path} is over ${FILE_BYTES_MAX} bytes: this is not ${what}`]);
    }
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof SettingsFault) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const short = code === 'ENOENT' ? 'is missing' : code === 'EISDIR' ? 'is a folder' : undefined;
    if (short !== undefined) {
      throw new SettingsFault([`${what} ${path} ${short}: name a YAML file`]);
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettingsFault([`${what} ${path} cannot be read: ${oneLine(reason)}`]);
  }
  return bytes.toString('utf8');
}

function plain(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettingsFault([`bad YAML in ${path}: ${oneLine(reason)}`]);
  }
}

/** Where a part begins: at its key, else at its value, else at what it should be in. */
function offsetOf(document: Document, part: Path): number | undefined {
  const last = part.at(-1);
  const above = part.slice(0, -1);
  const parent = above.length === 0 ? document.contents : document.getIn(above, true);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === last);
    if (isScalar(pair?.key)) return pair.key.range?.[0];
  }
  const node: unknown = document.getIn(part, true);
  if (isNode(node)) return node.range?.[0];
  return above.length === 0 ? undefined : offsetOf(document, above);
}

function oneLine(text: string): string {
  return text
    .trim()
    .split(/\s*\n\s*/)
    .join(' ');
}
