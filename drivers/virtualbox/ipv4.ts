/** An IPv4 network as the host sees it: the host's own address and the prefix length. */
export interface HostCidr {
  readonly address: string;
  readonly prefix: number;
  readonly mask: string;
  /** The lowest address of the range. */
  readonly network: string;
  readonly broadcast: string;
}

/** @returns the address as an unsigned number, or undefined when the text is none */
export function ipv4Number(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255))
    return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function ipv4Text(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

export function maskOf(prefix: number): string {
  return ipv4Text(2 ** 32 - 2 ** (32 - prefix));
}

/** @returns the prefix length, or undefined when the mask has holes */
export function prefixOf(mask: string): number | undefined {
  const value = ipv4Number(mask);
  if (value === undefined) return undefined;
  const prefix = 32 - Math.log2(2 ** 32 - value);
  return Number.isInteger(prefix) ? prefix : undefined;
}

/** Reads "192.168.59.1/24"; undefined unless it is a host's address in a network of at least four addresses. */
export function parseHostCidr(text: string): HostCidr | undefined {
  const match = /^([\d.]+)\/(\d{1,2})$/.exec(text.trim());
  const value = ipv4Number(match?.[1] ?? "");
  const prefix = Number(match?.[2] ?? Number.NaN);
  if (value === undefined || !(prefix >= 1 && prefix <= 30)) return undefined;
  const size = 2 ** (32 - prefix);
  const network = Math.floor(value / size) * size;
  const broadcast = network + size - 1;
  if (value === network || value === broadcast) return undefined;
  return {
    address: ipv4Text(value),
    prefix,
    mask: maskOf(prefix),
    network: ipv4Text(network),
    broadcast: ipv4Text(broadcast),
  };
}

/** Is `address` in `network`/`prefix`? False for a text that is no address. */
export function isInNetwork(address: string, network: string, prefix: number): boolean {
  const [a, n] = [ipv4Number(address), ipv4Number(network)];
  if (a === undefined || n === undefined) return false;
  const size = 2 ** (32 - prefix);
  return Math.floor(a / size) === Math.floor(n / size);
}

/** Do two networks share an address? */
export function networksOverlap(a: HostCidr, b: HostCidr): boolean {
  return isInNetwork(a.network, b.network, Math.min(a.prefix, b.prefix));
}
