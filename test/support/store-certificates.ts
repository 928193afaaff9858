import { execFileSync } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** PEM files of one CA, a server at 127.0.0.1 and a client. */
export interface StoreCertificates {
  ca: string;
  cert: string;
  key: string;
}

/** Makes them with openssl in a new directory below `dir`; one pair serves both sides. */
export async function storeCertificates(dir: string): Promise<StoreCertificates> {
  const home = await mkdtemp(join(dir, "pki-"));
  const path = (name: string) => join(home, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe", timeout: 60_000 });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    path("ca-key.pem"),
    "-out",
    path("ca.pem"),
    "-subj",
    "/CN=store CA",
    "-days",
    "30",
  );
  openssl("req", ...key, "-keyout", path("key.pem"), "-out", path("csr.pem"), "-subj", "/CN=store");
  const extensions = "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n";
  await writeFile(path("ext"), extensions);
  openssl(
    "x509",
    "-req",
    "-in",
    path("csr.pem"),
    "-CA",
    path("ca.pem"),
    "-CAkey",
    path("ca-key.pem"),
    "-CAcreateserial",
    "-out",
    path("cert.pem"),
    "-days",
    "30",
    "-extfile",
    path("ext"),
  );
  return { ca: path("ca.pem"), cert: path("cert.pem"), key: path("key.pem") };
}
