import { SwarmError } from "../../errors.ts";
import { isJson, listAt, numberAt, objectAt, textAt } from "../../scheduler/json.ts";
import type { Row } from "./rows.ts";

/** Tests for "80", "80/udp", "8000-8010/tcp"; without a protocol tcp is meant. @throws SwarmError 400 */
export function portTest(value: string, key: "PublicPort" | "PrivatePort"): (row: Row) => boolean {
  const [, from = "", to = from, protocol = "tcp"] =
    /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/.exec(value) ?? [];
  if (from === "") throw new SwarmError(400, `invalid port filter: "${value}"`);
  const isMeant = (port: number, type: string) =>
    type === protocol && port >= Number(from) && port <= Number(to);
  return ({ container }) => {
    const isListed = listAt(container.summary, "Ports").some(
      (port) => isJson(port) && isMeant(numberAt(port, key), textAt(port, "Type")),
    );
    if (isListed) return true;
    const { inspect } = container;
    // a stopped container lists no ports; its config still tells
    const wanted =
      key === "PublicPort"
        ? publishedPorts(objectAt(objectAt(inspect, "HostConfig"), "PortBindings"))
        : Object.keys(objectAt(objectAt(inspect, "Config"), "ExposedPorts"));
    return wanted.some((text) => {
      const [port = "", type = "tcp"] = text.split("/");
      return isMeant(Number(port), type);
    });
  };
}

/** "8080/tcp" for each binding of {"80/tcp": [{"HostPort": "8080"}]}. */
function publishedPorts(bindings: Record<string, unknown>): string[] {
  return Object.entries(bindings).flatMap(([inner, hosts]) => {
    const type = inner.split("/")[1] ?? "tcp";
    if (!Array.isArray(hosts)) return [];
    return hosts.filter(isJson).map((host) => `${textAt(host, "HostPort")}/${type}`);
  });
}
