import { AppError } from "../kit/errors.ts";

export const osNotRecognized = (machine: string, id: string, known: readonly string[]) =>
  new AppError(
    "OS_NOT_RECOGNIZED",
    `the system of "${machine}" (${id === "" ? "no ID in /etc/os-release" : id}) is none that can be provisioned`,
    { hint: `known are: ${known.join(", ")}, and systems that name one of them in ID_LIKE` },
  );

export const engineNotStarted = (machine: string, log: string) =>
  new AppError(
    "ENGINE_NOT_STARTED",
    `the engine of "${machine}" does not start${log === "" ? "" : `; the end of its log:\n${log}`}`,
    {
      hint: "mostly an --engine-opt, a storage driver or a label that this engine does not take",
    },
  );

export const engineNotInstalled = (machine: string, output: string) =>
  new AppError(
    "ENGINE_NOT_INSTALLED",
    `no engine could be installed on "${machine}"; the end of the output:\n${output.trimEnd().split("\n").slice(-10).join("\n")}`,
    { hint: "install Docker there yourself, or name a script: --engine-install-url URL" },
  );
