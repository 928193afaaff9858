// Run once inside a fresh lab: starts VirtualBox's service.
import { startService } from "./real.mjs";

startService();
