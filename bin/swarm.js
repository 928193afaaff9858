#!/usr/bin/env node
// Node 20 has no cache of compiled code, and pays 2 ms for being asked
if (Number.parseInt(process.versions.node, 10) >= 22) require("node:module").enableCompileCache?.();
require("../dist/swarm.cjs");
