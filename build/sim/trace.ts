/** One running number over everything that happened: two runs of a seed must leave the same. */
export type Trace = {
  number(value: number): void;
  text(value: string): void;
  bytes(value: Uint8Array): void;
  /** 16 hexadecimal digits. */
  value(): string;
};

const FIRST_PRIME = 0x01000193;
const SECOND_PRIME = 0x85ebca6b;

export function createTrace(): Trace {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  const number = (value: number): void => {
    a = Math.imul(a ^ (value | 0), FIRST_PRIME);
    b = (Math.imul(b ^ (b >>> 15), SECOND_PRIME) + value + (a >>> 7)) | 0;
  };
  return {
    number,
    text(value) {
      for (let index = 0; index < value.length; index += 1) number(value.charCodeAt(index));
    },
    bytes(value) {
      number(value.length);
      for (const byte of value) number(byte);
    },
    value: () => (a >>> 0).toString(16).padStart(8, '0') + (b >>> 0).toString(16).padStart(8, '0'),
  };
}
