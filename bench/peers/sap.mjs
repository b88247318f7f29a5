// B4: sap.mjs URL WIDTH PAUSE: the usual script through SAP's own JavaScript client: every deployment by itself, WIDTH at a
// time: stop, look until it has stopped, delete, look until it is gone; PAUSE milliseconds between two looks.
import { setTimeout as sleep } from "node:timers/promises";

const [url, width, pause] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const key = { clientid: "bench", clientsecret: "bench", url, serviceurls: { AI_API_URL: url } };
process.env.AICORE_SERVICE_KEY = JSON.stringify(key);
const { DeploymentApi } = await import("@sap-ai-sdk/ai-api");
const GROUP = { "AI-Resource-Group": "default" };

// The HTTP status behind an error of the client, which wraps axios' error.
function statusOf(error) {
  while (error && !error.response) error = error.cause;
  return error?.response?.status;
}

async function lookUntil(id, wanted) {
  for (;;) {
    const seen = await DeploymentApi.deploymentGet(id, {}, GROUP)
      .execute()
      .then(({ status }) => status, statusOf);
    if (seen === wanted) return;
    await sleep(pause);
  }
}

async function teardown(id) {
  await DeploymentApi.deploymentModify(id, { targetStatus: "STOPPED" }, GROUP).execute();
  await lookUntil(id, "STOPPED");
  await DeploymentApi.deploymentDelete(id, GROUP).execute();
  await lookUntil(id, 404);
}

const before = performance.now();
const { resources } = await DeploymentApi.deploymentQuery({}, GROUP).execute();
const ids = resources.map(({ id }) => id);
const count = ids.length;
async function worker() {
  while (ids.length > 0) await teardown(ids.pop());
}
await Promise.all(Array.from({ length: width }, worker));
const cpu = process.cpuUsage();
console.log(`wall=${(performance.now() - before) / 1000} cpu=${(cpu.user + cpu.system) / 1e6} deleted=${count}`);
