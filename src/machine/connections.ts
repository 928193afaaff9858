import type { SshAddress } from "../driver/driver.ts";
import type { Ssh, SshConnection } from "../ssh/ssh.ts";

/** The SSH connections of one command to one machine: one for each address, made at first use. */
export class Connections {
  private readonly ssh: Ssh;
  private readonly knownHostsPath: string;
  private readonly open = new Map<string, Promise<SshConnection>>();

  constructor(ssh: Ssh, knownHostsPath: string) {
    this.ssh = ssh;
    this.knownHostsPath = knownHostsPath;
  }

  /** The connection to an address; a failed attempt is forgotten, so that the next call tries anew. */
  get(address: SshAddress, options: { timeoutMs: number; signal?: AbortSignal }): Promise<SshConnection> {
    const key = [address.user, address.host, address.port, address.keyPath].join("|");
    const present = this.open.get(key);
    if (present !== undefined) return present;
    const made = this.ssh.connect(address, { ...options, knownHostsPath: this.knownHostsPath });
    this.open.set(key, made);
    made.catch(() => this.open.delete(key));
    return made;
  }

  /** Closes all; also to be called before the host goes down, as its connections die with it. */
  async close(): Promise<void> {
    const all = [...this.open.values()];
    this.open.clear();
    await Promise.allSettled(all.map(async (connection) => (await connection).close()));
  }
}
