import type { CallInput } from '../../shared/ipc/contract.ts';

/** Neighbours as an administrator types them: one a line, `ID@HOST:PORT`, as the other workstation's own screen shows it. */

export type Place = { readonly host: string; readonly port: number };
type Neighbour = CallInput<'neighbours.set'>['neighbours'][number];

/** As neighbours.set has it. */
export const NEIGHBOURS_MAX = 16;
const PLACE = /^(?:\[([0-9A-Fa-f:]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/;
const NEIGHBOUR = /^([0-9a-f]{16})@(.+)$/;
const PORT_MAX = 65_535;

/** `192.168.4.21:7410` or `[fe80::1]:7410`; null where it is neither. */
export function placeIn(text: string): Place | null {
  const match = PLACE.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port < 1 || port > PORT_MAX ? null : { host, port };
}

/** As the engine writes an address: what stands after the last colon is the port. */
export function placeOf(address: string): Place {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at), port: Number(address.slice(at + 1)) };
}

export type ReadNeighbours = { readonly ok: true; readonly neighbours: readonly Neighbour[] } | { readonly ok: false; readonly line: string } | { readonly ok: false; readonly tooMany: true };

/** The first line that cannot be read is named. Empty lines count for nothing, a neighbour named twice for one. */
export function neighboursIn(text: string): ReadNeighbours {
  const neighbours = new Map<string, Neighbour>();
  for (const line of text.split(/[\n,;]/).map((each) => each.trim()).filter((each) => each !== '')) {
    const [, device, rest = ''] = NEIGHBOUR.exec(line.toLowerCase()) ?? [];
    const place = placeIn(rest);
    if (device === undefined || place === null) return { ok: false, line };
    neighbours.set(device, { device, ...place });
  }
  return neighbours.size > NEIGHBOURS_MAX ? { ok: false, tooMany: true } : { ok: true, neighbours: [...neighbours.values()] };
}

export function placeText({ host, port }: Place): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** What the administrators of the others type. */
export function lineOf(device: string, place: Place): string {
  return `${device}@${placeText(place)}`;
}
