// Checks that need only the lines of a file: its length, its width, its header, reminders left
// open.
import type { Check, Finding, Source } from './finding.ts';

const LINES_MAX = 300;
const COLUMNS_MAX = 100;
const HEADER_LINES_MIN = 2;
const HEADED = /^(?:src|host|sim|runtime|real|library|cli|reports\/benchmarks)\/.*\.ts$/;

/** Written in halves, so that this file does not hold the words it looks for. */
const REMINDER = new RegExp(
  `\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`,
);

const WIDE_ON_PURPOSE = [
  /https?:\/\/\S/,
  /^(?:import|export)\b.* from '/,
  /[0-9a-f]{32}/i,
  /(?:\b[0-9a-f]{2}\b[ ,]*){16}/i,
];

export const checkLength: Check = (source) => {
  const count = linesOf(source).length;
  if (count <= LINES_MAX) return [];
  const message = `${count} lines, ${LINES_MAX} allowed: split the file by duty`;
  return [{ path: source.path, line: LINES_MAX + 1, message }];
};

export const checkWidth: Check = (source) =>
  eachLine(source, (line) => {
    const columns = Array.from(line).length;
    if (columns <= COLUMNS_MAX || WIDE_ON_PURPOSE.some((pattern) => pattern.test(line))) return [];
    return [`${columns} columns, ${COLUMNS_MAX} allowed: break the line`];
  });

export const checkHeader: Check = (source) => {
  if (!HEADED.test(source.path) || headerLines(source) >= HEADER_LINES_MIN) return [];
  const message = 'no header: begin the file with 3 to 15 comment lines on what it is and its rule';
  return [{ path: source.path, line: 1, message }];
};

export const checkReminders: Check = (source) =>
  eachLine(source, (line) => {
    const word = REMINDER.exec(line)?.[0];
    return word === undefined ? [] : [`${word} left open: do it, or open an issue and delete it`];
  });

function eachLine(source: Source, judge: (line: string) => readonly string[]): readonly Finding[] {
  return linesOf(source).flatMap((line, index) =>
    judge(line).map((message) => ({ path: source.path, line: index + 1, message })),
  );
}

function linesOf(source: Source): readonly string[] {
  const lines = source.text.split(/\r?\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function headerLines(source: Source): number {
  const lines = linesOf(source).filter((line, index) => !(index === 0 && line.startsWith('#!')));
  if (lines[0]?.startsWith('/*') === true) {
    return lines.findIndex((line) => line.includes('*/')) + 1;
  }
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return end === -1 ? lines.length : end;
}
