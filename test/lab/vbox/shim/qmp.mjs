// QEMU's control socket.
import { connect } from "node:net";
import { join } from "node:path";
import { vmFolder } from "./lab.mjs";

/** Runs commands in order; gives the last one's answer, or undefined when QEMU ended meanwhile. */
export function qmp(uuid, ...commands) {
  return new Promise((resolve, reject) => {
    const socket = connect(join(vmFolder(uuid), "qmp.sock"));
    const queue = [{ execute: "qmp_capabilities" }, ...commands];
    let text = "";
    let last;
    const finish = (act) => {
      socket.destroy();
      act();
    };
    socket.setTimeout(30_000, () => finish(() => reject(new Error("QEMU does not answer"))));
    socket.on("error", (error) => finish(() => reject(error)));
    socket.on("close", () => resolve(last));
    socket.on("data", (bytes) => {
      text += bytes;
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const message = JSON.parse(line);
        if (message.error) return finish(() => reject(new Error(message.error.desc)));
        if (!message.QMP && !("return" in message)) continue;
        if ("return" in message) last = message.return;
        const next = queue.shift();
        if (next === undefined) return finish(() => resolve(last));
        socket.write(`${JSON.stringify(next)}\n`);
      }
      return undefined;
    });
  });
}
