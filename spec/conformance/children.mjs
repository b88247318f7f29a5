// The programs that run for this one: whatever ends it, they end with it.

import { spawn } from "node:child_process";

const MOST_TIME = 300_000; // ms
const running = new Set();

// Starts a program without the variables that could lead it, or a Lua in it, elsewhere.
export function start(command, args, { env = {}, ...options }) {
  const foreign = /^(AICORE_|VCAP_|LUA_|(https?|all)_proxy$)/i;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const child = spawn(command, args, { ...options, env: { ...Object.fromEntries(kept), ...env } });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

process.on("exit", () => running.forEach((child) => child.kill()));
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
setTimeout(() => {
  console.error(`conformance: not done after ${MOST_TIME / 1000} s`);
  process.exit(1);
}, MOST_TIME).unref();
