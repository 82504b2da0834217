/**
 * What the key of a certificate may be used for (RFC 5280, section 4.2.1.3), which node:crypto does
 * not tell: its `keyUsage` is the extended one. OpenSSL alone is no judge of it, either: it takes a
 * server whose key may only encipher, although in TLS 1.3 a key only ever signs.
 *
 * Invariant: any bytes are read without a throw and without reading past their end; what is not
 * well-formed reads as a certificate that states no usage.
 */

/** Whether the key may sign, but neither certificates nor revocation lists. */
export function signsOnlyData(certificate: Uint8Array): boolean {
  const usage = usageBits(certificate);
  return (usage & DIGITAL_SIGNATURE) !== 0 && (usage & (CERTIFICATE_SIGN | LIST_SIGN)) === 0;
}

/** The first eight bits of the usage, bit 0 in front; none when none is stated. */
function usageBits(certificate: Uint8Array): number {
  const [whole] = childrenOf(certificate);
  const [signed] = whole === undefined ? [] : childrenOf(whole.content);
  const fields = signed === undefined ? [] : childrenOf(signed.content);
  const extensions = fields.find(({ tag }) => tag === EXTENSIONS);
  const [list] = extensions === undefined ? [] : childrenOf(extensions.content);
  for (const extension of list === undefined ? [] : childrenOf(list.content)) {
    const parts = childrenOf(extension.content);
    const [name, value] = [parts[0], parts.at(-1)];
    if (name === undefined || value === undefined || !isSame(name.content, KEY_USAGE)) continue;
    const [bits] = childrenOf(value.content);
    // A bit string begins with the number of bits unused at its end.
    return bits?.tag === BIT_STRING ? (bits.content[1] ?? 0) : 0;
  }
  return 0;
}

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** The elements of DER that stand one behind another; those behind a malformed one are left out. */
function childrenOf(der: Uint8Array): readonly Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at + 2 <= der.length) {
    const tag = der[at] ?? 0;
    let size = der[at + 1] ?? 0;
    at += 2;
    if (size >= 0x80) {
      const bytes = size & 0x7f;
      if (bytes === 0 || bytes > 3 || at + bytes > der.length) break;
      size = der.subarray(at, at + bytes).reduce((sum, byte) => sum * 256 + byte, 0);
      at += bytes;
    }
    if (at + size > der.length) break;
    found.push({ tag, content: der.subarray(at, at + size) });
    at += size;
  }
  return found;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

const DIGITAL_SIGNATURE = 0x80;
const CERTIFICATE_SIGN = 0x04;
const LIST_SIGN = 0x02;
/** The object identifier 2.5.29.15. */
const KEY_USAGE = Uint8Array.of(0x55, 0x1d, 0x0f);
const BIT_STRING = 0x03;
/** The field [3] of what is signed. */
const EXTENSIONS = 0xa3;
