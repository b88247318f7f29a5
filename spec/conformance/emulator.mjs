// Starts `aicorectl emulator` as a child process and orders what the tests need of it.

import { once } from "node:events";
import { createInterface } from "node:readline";
import { start } from "./children.mjs";

// Starts it on a free port; resolves when it listens.
export async function startEmulator(options) {
  const child = start("bin/aicorectl", ["emulator", ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const lines = createInterface(child.stdout);
  const line = await Promise.race([once(lines, "line").then(([text]) => text), ended.then(() => "it ended")]);
  const url = /^listening on (\S+)$/.exec(line)?.[1];
  if (!url) throw new Error(`the emulator did not start: ${line}`);

  const admin = async (method, path, body) => {
    const reply = await fetch(`${url}/_emulator${path}`, { method, body: body && JSON.stringify(body) });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
    return text && JSON.parse(text);
  };

  return {
    url,
    seed: (deployment) => admin("POST", "/deployments", deployment),
    clear: () => admin("DELETE", "/deployments"),
    settings: (changes) => admin("PUT", "/settings", changes),
    fault: (fault) => admin("POST", "/faults", fault),
    expireTokens: () => admin("POST", "/tokens/expire"),
    async stop() {
      child.kill();
      await ended;
    },
  };
}
