import { win32 } from "node:path";
import type { DriverContext } from "#driver";

type Search = Pick<DriverContext, "env" | "platform" | "run"> & { isFile(path: string): Promise<boolean> };

/**
 * The program to run. On Windows VirtualBox's installer does not extend the PATH, so its own variables, the usual
 * folder and the registry are looked at first; elsewhere the PATH is asked.
 */
export async function findVBoxManage(search: Search): Promise<string> {
  if (search.platform !== "win32") return "VBoxManage";
  for (const folder of windowsFolders(search.env)) {
    const path = win32.join(folder, "VBoxManage.exe");
    if (await search.isFile(path)) return path;
  }
  const registered = await registeredFolder(search);
  if (registered !== undefined) {
    const path = win32.join(registered, "VBoxManage.exe");
    if (await search.isFile(path)) return path;
  }
  return "VBoxManage.exe";
}

function windowsFolders(env: Search["env"]): string[] {
  const programs = env["ProgramFiles"] ?? "C:\\Program Files";
  return [
    env["VBOX_INSTALL_PATH"],
    env["VBOX_MSI_INSTALL_PATH"],
    win32.join(programs, "Oracle", "VirtualBox"),
  ].flatMap((folder) => (folder === undefined || folder === "" ? [] : [folder]));
}

async function registeredFolder({ run }: Search): Promise<string | undefined> {
  try {
    const { stdout } = await run("reg", ["query", "HKLM\\SOFTWARE\\Oracle\\VirtualBox", "/v", "InstallDir"], {
      timeoutMs: 5_000,
    });
    return /InstallDir\s+REG_SZ\s+(.+)/.exec(stdout)?.[1]?.trim();
  } catch {
    return undefined; // no such key: VirtualBox is not installed this way
  }
}
