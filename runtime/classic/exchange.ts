/**
 * One question on a connection to an older node, and its answer.
 *
 * Rules, from the habits of those nodes: a message leaves in one write; what is no answer to the
 * question is dropped and the connection kept, for it may be text, an echo, or meant for somebody
 * else; an answer that does not come in time is none.
 */
import type { TLSSocket } from 'node:tls';
import { decodeClassic, encodeClassic } from '../../src/codec/classic.ts';
import type { ClassicMessage } from '../../src/wire-types.ts';
import { CLASSIC_ANSWER_MS } from '../bounds.ts';
import { createReader } from '../stream.ts';

/**
 * @param answerIn what is wanted of a message; nothing when it is no answer
 * @returns nothing when no answer came in time, or none that can be read
 */
export function exchange<T>(
  socket: TLSSocket,
  question: ClassicMessage,
  answerIn: (message: ClassicMessage) => T | undefined,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const reader = createReader(decodeClassic);
    const end = (answer?: T): void => {
      clearTimeout(limit);
      socket.off('data', onData);
      socket.off('end', onEnd);
      socket.off('close', onEnd);
      resolve(answer);
    };
    const onEnd = (): void => {
      end();
    };
    const onData = (chunk: Buffer): void => {
      reader.push(chunk);
      for (let next = reader.next(); next !== undefined; next = reader.next()) {
        if (next.type !== 'message') return end();
        const answer = answerIn(next.message);
        if (answer !== undefined) return end(answer);
      }
    };
    const limit = setTimeout(onEnd, CLASSIC_ANSWER_MS);
    socket.on('data', onData);
    socket.on('end', onEnd);
    socket.on('close', onEnd);
    socket.write(encodeClassic(question));
  });
}

/** Says something to which no answer is expected, and closes; @returns whether it went out */
export function tell(socket: TLSSocket, message: ClassicMessage): Promise<boolean> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => {
      end(false);
    }, CLASSIC_ANSWER_MS);
    const end = (isOut: boolean): void => {
      clearTimeout(limit);
      resolve(isOut);
    };
    socket.once('close', () => {
      end(false);
    });
    // What is said back is ignored.
    socket.resume();
    // Called also when the other side has cut it off.
    socket.end(encodeClassic(message), () => {
      end(socket.writableFinished);
    });
  });
}
