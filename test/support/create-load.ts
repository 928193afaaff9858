// Creates containers through several managers at once, as impatient clients do: what fails is tried again at the next
// manager. Prints "made NAME ID" for each. Arguments as JSON: { managers, names, workers, pki, image, patienceMs }.
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";

interface Load {
  /** "host:port" */
  managers: readonly string[];
  names: readonly string[];
  workers: number;
  /** Folder of ca.pem, cert.pem, key.pem. */
  pki: string;
  image: string;
  patienceMs: number;
}

interface Answer {
  status: number;
  body: string;
}

const load: Load = JSON.parse(process.argv[2] ?? "");
const pem = (name: string) => readFileSync(`${load.pki}/${name}.pem`);
const agent = new Agent({ ca: pem("ca"), cert: pem("cert"), key: pem("key"), keepAlive: true });
const pending = [...load.names];

function ask(manager: string, method: string, path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "Content-Type": "application/json" };
    const asked = request(
      `https://${manager}${path}`,
      { method, agent, headers, timeout: 30_000 },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part: string) => {
          text += part;
        });
        answer.once("end", () => resolve({ status: answer.statusCode ?? 0, body: text }));
        answer.once("error", reject);
      },
    );
    asked.once("timeout", () => asked.destroy(new Error("no answer within 30 s")));
    asked.once("error", reject);
    asked.end(body);
  });
}

/** The id of the container of this name: a name that is taken on a second try was taken by the first. */
async function create(name: string, first: number): Promise<string> {
  const body = JSON.stringify({ Image: load.image, Cmd: ["sleep", "1000"] });
  const end = performance.now() + load.patienceMs;
  for (let tries = 0; ; tries += 1) {
    const manager = load.managers[(first + tries) % load.managers.length] ?? "";
    const answer = await ask(manager, "POST", `/v1.41/containers/create?name=${name}`, body).catch(
      (error: Error): Answer => ({ status: 0, body: error.message }),
    );
    if (answer.status === 201) return JSON.parse(answer.body).Id;
    if (answer.status === 409 && tries > 0) {
      const found = await ask(manager, "GET", `/v1.41/containers/${name}/json`).catch(() => undefined);
      if (found?.status === 200) return JSON.parse(found.body).Id;
    }
    process.stdout.write(`again ${name} ${answer.status} ${answer.body.trim()}\n`);
    if (performance.now() > end) throw new Error(`${name}: ${answer.status} ${answer.body}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

await Promise.all(
  Array.from({ length: load.workers }, async (_, worker) => {
    for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
      process.stdout.write(`made ${name} ${await create(name, worker)}\n`);
    }
  }),
);
agent.destroy();
