import type { ContainerBody } from "./containers.ts";

export interface ContainerState {
  id: string;
  running: boolean;
  image: string;
  /** Config.Cmd, Config.Env and HostConfig of inspect, to tell whether the container is as it should be. */
  cmd: readonly string[];
  env: readonly string[];
  binds: readonly string[];
  restartCount: number;
}

/** The engine of one machine, as far as its swarm containers need it. */
export interface SwarmEngine {
  hasImage(reference: string): Promise<boolean>;
  /** Loads a docker archive. */
  loadImage(path: string): Promise<void>;
  pullImage(reference: string, progress: (message: string) => void): Promise<void>;
  inspect(name: string): Promise<ContainerState | undefined>;
  create(name: string, body: ContainerBody): Promise<void>;
  start(name: string): Promise<void>;
  /** Stops it gracefully for at most `graceSeconds` (10); 0 kills it. Succeeds when there is none. */
  remove(name: string, graceSeconds?: number): Promise<void>;
  /** Forgets a volume that no container uses; succeeds when there is none. */
  removeVolume(name: string): Promise<void>;
  /** Runs a program in a running container, without a terminal. */
  exec(name: string, words: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  /** The last lines of both streams. */
  logs(name: string, lines: number): Promise<string>;
  /** Host side of the default bridge; "" when there is none. */
  bridgeGateway(): Promise<string>;
}
