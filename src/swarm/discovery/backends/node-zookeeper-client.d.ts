/** The part of node-zookeeper-client 1.1 that zk-session.ts uses; the package has no types of its own. */
declare module "node-zookeeper-client" {
  export interface ZkException extends Error {
    getCode(): number;
  }
  export interface Stat {
    /** 8 bytes; the session that made an ephemeral node. */
    readonly ephemeralOwner: Buffer;
  }
  type Done<T extends unknown[]> = (error: ZkException | null, ...values: T) => void;
  export interface Client {
    connect(): void;
    close(): void;
    on(event: "state", listener: (state: unknown) => void): void;
    getSessionId(): Buffer;
    getSessionTimeout(): number;
    create(path: string, data: Buffer, mode: number, done: Done<[string]>): void;
    remove(path: string, version: number, done: Done<[]>): void;
    setData(path: string, data: Buffer, version: number, done: Done<[Stat]>): void;
    getData(path: string, watcher: (() => void) | undefined, done: Done<[Buffer | undefined, Stat]>): void;
    exists(path: string, watcher: (() => void) | undefined, done: Done<[Stat | null]>): void;
    getChildren(path: string, watcher: (() => void) | undefined, done: Done<[string[], Stat]>): void;
  }
  export function createClient(
    servers: string,
    options: { sessionTimeout: number; spinDelay: number; retries: number },
  ): Client;
  export const State: {
    readonly SYNC_CONNECTED: unknown;
    readonly EXPIRED: unknown;
    readonly AUTH_FAILED: unknown;
  };
  export const CreateMode: {
    readonly PERSISTENT: number;
    readonly EPHEMERAL: number;
    readonly EPHEMERAL_SEQUENTIAL: number;
  };
  export const Exception: { readonly NO_NODE: number; readonly NODE_EXISTS: number };
}
