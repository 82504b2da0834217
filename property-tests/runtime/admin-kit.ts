/**
 * Asking the admin server of a node over HTTP, as a program without a browser does.
 */
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import { formatEndpoint } from '../../runtime/links/address.ts';
import type { Endpoint } from '../../runtime/links/address.ts';

export interface Answer {
  readonly code: number;
  readonly body: string;
}

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Asked {
  readonly admin: Endpoint | undefined;
}

/** The answer, when it is over. */
export async function ask(
  t: ExecutionContext,
  node: Asked,
  path: string,
  question: Question = {},
): Promise<Answer & { readonly headers: IncomingHttpHeaders }> {
  const { method, headers, body } = question;
  const { admin } = node;
  if (admin === undefined) return t.fail('the node has no admin server');
  return await new Promise((resolve, reject) => {
    const asked = request({ ...admin, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: code = 0, headers: given } = response;
        resolve({ code, body: Buffer.concat(chunks).toString(), headers: given });
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** All bytes of an answer, which an HTTP client would read its own way; `what`: METHOD PATH */
export async function rawly(t: ExecutionContext, { admin }: Asked, what: string): Promise<string> {
  if (admin === undefined) return t.fail('the node has no admin server');
  const socket = connect(admin);
  t.teardown(() => socket.destroy());
  socket.end(`${what} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
  return await text(socket);
}

/** A value in the text of `/metrics`. */
export function metric(text: string, name: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length));
}

/** Only what tests of the body compare. */
export async function bodyOf(t: ExecutionContext, node: Asked, path: string): Promise<Answer> {
  const { code, body } = await ask(t, node, path);
  return { code, body };
}

/** Looks a key up as the page does. */
export async function lookUp(
  t: ExecutionContext,
  node: Asked,
  question: object,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...more };
  return await ask(t, node, '/lookup', { method: 'POST', headers, body: JSON.stringify(question) });
}

export function addressOf({ admin }: Asked): string {
  return admin === undefined ? '' : `http://${formatEndpoint(admin)}`;
}
