import { expect, it } from "vitest";
import { driver } from "../../../../drivers/docker/driver.ts";
import type { DriverConfig } from "../../../../src/driver/driver.ts";
import { engineContext, scriptedEngine } from "../../../support/scripted-engine.ts";

const config: DriverConfig = {
  MachineName: "dev",
  StorePath: "/s",
  IPAddress: "",
  SSHUser: "docker",
  SSHPort: 22,
  SSHKeyPath: "",
  SwarmMaster: false,
  SwarmHost: "",
  SwarmDiscovery: "",
};

const ours = { Config: { Labels: { "io.machine.kind": "machine", "io.machine.store": "/s" } } };

it("removes a container that the engine makes only after its create was killed", async () => {
  let looks = 0;
  let removed = false;
  const engine = scriptedEngine((call) => {
    if (call === "GET /containers/machine-dev/json") {
      looks += 1;
      return looks > 3 && !removed ? { status: 200, body: ours } : { status: 404, body: undefined };
    }
    if (call.startsWith("DELETE /containers/machine-dev")) removed = true;
    if (call.startsWith("DELETE")) return { status: 204, body: undefined };
    return { status: 404, body: undefined };
  });
  const machine = driver.open(engineContext(engine), { ...config });
  await machine.remove([{ kind: "container", id: "machine-dev" }]);
  expect(removed).toBe(true);
});

it("waits for another command's removal that goes on", async () => {
  let asked = 0;
  const engine = scriptedEngine((call) => {
    if (call === "GET /containers/machine-dev/json") {
      return asked < 2 ? { status: 200, body: ours } : { status: 404, body: undefined };
    }
    if (call.startsWith("DELETE /containers/machine-dev")) {
      asked += 1;
      return { status: 409, body: { message: "removal of container is already in progress" } };
    }
    return { status: 404, body: undefined };
  });
  const machine = driver.open(engineContext(engine), { ...config });
  await machine.remove();
  expect(asked).toBe(2);
});
