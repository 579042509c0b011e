import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** The clinic's line to the outside: a relay on loopback that can be cut and mended, and counts what crosses it. */
export type Line = { readonly port: number; readonly bytesUp: number; readonly bytesDown: number; cut(): void; mend(): void; close(): Promise<void> };

export async function openLine(target: { readonly host: string; readonly port: number }): Promise<Line> {
  let up = true;
  let bytesUp = 0;
  let bytesDown = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (!up) return void client.destroy();
    const central = connect(target.port, target.host);
    for (const socket of [client, central]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => sockets.delete(socket));
    }
    client.on('data', (chunk: Buffer) => (bytesUp += chunk.length));
    central.on('data', (chunk: Buffer) => (bytesDown += chunk.length));
    client.pipe(central);
    central.pipe(client);
    client.once('close', () => central.destroy());
    central.once('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    up = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get bytesUp() {
      return bytesUp;
    },
    get bytesDown() {
      return bytesDown;
    },
    cut,
    mend: () => void (up = true),
    close: () => {
      cut();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
