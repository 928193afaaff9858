import { round } from "./median.ts";

/** What must not be exceeded, by part and figure; docs/bench.md says what each means. */
export const bounds: Readonly<Record<string, number>> = {
  // 6 and 12 ms where node alone takes 23 ms; ratios hold on slower and busier computers too
  "startup.versionCpuRatio": round(1 + 6 / 23),
  "startup.ls0CpuRatio": round(1 + 12 / 23),
  "startup.ls100PerNone": 3,
  "docker.createSeconds": 10,
  "docker.createOwnSeconds": 3,
  "docker.createSshLogins": 1,
  "docker.masterSeconds": 15,
  "docker.masterOwnSeconds": 3,
  "docker.masterSshLogins": 1,
  "docker.clusterPerMaster": 2,
  "vbox.driverCreateCalls": 25,
  "vbox.driverCreateOwn": 3,
  "vbox.ls50Ms": 500,
  "vbox.ls50Calls": 3,
  "vbox.driverCreateVboxManage": 4,
  "vbox.bootedMasterCalls": 25,
  "vbox.bootedMasterSshLogins": 1,
  "vbox.bootedMasterVboxManage": 4,
  "vbox.bootedClusterPerThree": 0.75,
};
