import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {
  Driver,
  DriverConfig,
  DriverContext,
  DriverModule,
  MadeResource,
} from "../../src/driver/driver.ts";

/** What the suite needs of a driver whose host is our own. */
export interface DriverUnderTest {
  readonly module: DriverModule;
  context(name: string): DriverContext;
  /** The record's Driver object of a new machine. */
  config(name: string): DriverConfig;
  /** Everything that is there outside the store, by name, sorted. */
  inventory(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** What every driver that owns its hosts must keep, whatever it talks to. */
export function driverContract(name: string, open: () => Promise<DriverUnderTest>): void {
  describe(`driver ${name}`, () => {
    let tested: DriverUnderTest;
    let before: readonly string[];
    beforeAll(async () => {
      tested = await open();
      before = await tested.inventory();
    }, 400_000);
    afterAll(() => tested.close());

    const machine = (machineName: string, config = tested.config(machineName)): Driver =>
      tested.module.open(tested.context(machineName), config);
    const made: MadeResource[] = [];
    const hooks = (alreadyMaking: readonly MadeResource[] = []) => ({
      alreadyMaking,
      othersMaking: async () => [],
      making: async (resource: MadeResource) => {
        made.push(resource);
      },
    });

    it("is usable here, and says its version", async () => {
      expect(await tested.module.check(tested.context("check"))).toMatchObject({
        usable: true,
        version: expect.stringMatching(/\d/),
      });
    });

    it("finds no host before create, and removes it without complaint", async () => {
      const driver = machine("never-made");
      expect(await driver.state()).toBe("NotFound");
      await driver.remove();
    });

    it("lives a whole life: create, stop, start, restart, kill, remove", async () => {
      const config = tested.config("life");
      await machine("life", config).preCreateCheck();
      await machine("life", config).create(hooks());
      expect(made.length).toBeGreaterThan(0);
      // each step opens the machine anew from its record, as commands do
      const stored = (): DriverConfig => JSON.parse(JSON.stringify(config));
      const again = () => machine("life", stored());
      expect(await again().state()).toBe("Running");
      const ip = await again().ip();
      expect(ip).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      expect(await again().url()).toMatch(/^tcp:\/\/[\w.]+:\d+$/);
      expect(await again().sshAddress()).toMatchObject({ user: "docker", port: expect.any(Number) });
      expect((await again().reach(3376)).port).toBeGreaterThan(0);
      await again().start();
      expect(await again().state()).toBe("Running");
      await again().stop({ timeoutMs: 30_000 });
      expect(await again().state()).toBe("Stopped");
      await expect(again().ip()).rejects.toMatchObject({ code: "HOST_NOT_RUNNING" });
      await expect(again().url()).rejects.toMatchObject({ code: "HOST_NOT_RUNNING" });
      await again().stop();
      await again().start();
      expect(await again().ip()).toBe(ip);
      await again().restart();
      expect(await again().state()).toBe("Running");
      await again().kill();
      expect(await again().state()).toBe("Stopped");
      const states = await tested.module.states?.(tested.context("life"), [stored(), tested.config("gone")]);
      expect(states?.get("life")?.state ?? "Stopped").toBe("Stopped");
      expect(states?.get("gone")?.state ?? "NotFound").toBe("NotFound");
      await again().remove();
      expect(await again().state()).toBe("NotFound");
      await again().remove();
      expect(await tested.inventory()).toEqual(before);
    }, 400_000);

    it("makes anew what an interrupted create left, and removes it all", async () => {
      made.length = 0;
      const limit = 2;
      const interrupted = machine("again").create({
        alreadyMaking: [],
        othersMaking: async () => [],
        making: async (resource) => {
          made.push(resource);
          if (made.length > limit) throw new Error("interrupted");
        },
      });
      await expect(interrupted).rejects.toThrow("interrupted");
      const config = tested.config("again");
      await machine("again", config).create(hooks([...made]));
      expect(await machine("again", config).state()).toBe("Running");
      await machine("again", config).remove(made);
      expect(await tested.inventory()).toEqual(before);
    }, 400_000);
  });
}
