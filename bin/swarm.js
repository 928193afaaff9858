#!/usr/bin/env node
const { enableCompileCache } = require("node:module");
if (enableCompileCache) enableCompileCache();
require("../dist/swarm.cjs");
