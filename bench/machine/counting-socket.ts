import { connect, createServer } from "node:net";

export interface CountingSocket {
  /** For DOCKER_HOST. */
  readonly address: string;
  /** Requests so far, as "GET /path". */
  readonly requests: string[];
  close(): Promise<void>;
}

/** A socket that hands everything on to an engine's, and keeps the request lines that pass. */
export async function countingSocket(path: string, engine: string): Promise<CountingSocket> {
  const requests: string[] = [];
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ path: engine.replace("unix://", ""), allowHalfOpen: true });
    client.on("data", (chunk: Buffer) => {
      for (const [, line] of chunk
        .toString("latin1")
        .matchAll(/(?:^|\n)((?:GET|POST|PUT|HEAD|DELETE) \/\S*) HTTP\/1\.1\r\n/g)) {
        if (line !== undefined) requests.push(line);
      }
    });
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    address: `unix://${path}`,
    requests,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
