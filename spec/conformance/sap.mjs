// SAP's own JavaScript client against the emulator: look, create, stop, delete, batch, and refusals.
// Started by main.mjs, with AICORE_SERVICE_KEY leading to the emulator, or through the proxy to it. main.mjs has seeded:
//   run-1 … run-5 RUNNING, dead-1 DEAD, unknown-1 UNKNOWN, stopped-1 and stopped-2 STOPPED, in the group "default".

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { DeploymentApi, MetaApi, resolveDeploymentUrl } from "@sap-ai-sdk/ai-api";

const CONFIGURATION = "aa97b177-9383-4934-8543-0f91a7a0283a";
const GROUP = { "AI-Resource-Group": "default" };
const PATIENCE = 30_000; // ms
const LOOK_EVERY = 20; // ms

const get = (id, query = {}) => DeploymentApi.deploymentGet(id, query, GROUP).execute();
const stop = (id) => DeploymentApi.deploymentModify(id, { targetStatus: "STOPPED" }, GROUP).execute();
const remove = (id) => DeploymentApi.deploymentDelete(id, GROUP).execute();

// The status of the answer behind an error of the client, which wraps axios' error.
function replyOf(error) {
  while (error && !error.response) error = error.cause;
  return error?.response;
}

async function refused(status, promise) {
  const error = await promise.then(
    () => assert.fail(`${status} expected, but it was accepted`),
    (reason) => reason,
  );
  const reply = replyOf(error);
  if (!reply) throw error;
  assert.equal(reply.status, status);
  assert.equal(typeof reply.data.error.code, "string");
}

// Looks until the deployment's status is the wanted one (404: until it is gone).
async function lookUntil(id, wanted) {
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await sleep(LOOK_EVERY)) {
    const status = await get(id).then(
      (deployment) => deployment.status,
      (error) => {
        const reply = replyOf(error);
        if (!reply) throw error;
        return reply.status;
      },
    );
    if (status === wanted) return;
  }
  assert.fail(`${id} did not become ${wanted}`);
}

async function look() {
  const meta = await MetaApi.metaGet().execute();
  assert.equal(meta.aiApi.capabilities.bulkUpdates.deployments, true);

  const all = await DeploymentApi.deploymentQuery({}, GROUP).execute();
  assert.equal(all.count, 9);
  assert.equal(all.resources.length, 9);
  const page = await DeploymentApi.deploymentQuery({ $top: 2, $skip: 1 }, GROUP).execute();
  assert.deepEqual(page.resources, all.resources.slice(1, 3));
  const filter = { status: "RUNNING", scenarioId: "foundation-models", configurationId: CONFIGURATION };
  for (const [query, count] of [
    [filter, 5],
    [{ executableIds: ["azure-openai"] }, 9],
    [{ executableIds: ["other-executable"] }, 0],
  ]) {
    assert.equal((await DeploymentApi.deploymentQuery(query, GROUP).execute()).count, count);
    assert.equal(await DeploymentApi.deploymentCount(query, GROUP).execute(), count);
  }
  assert.deepEqual(Object.keys(await get("run-1", { $select: "status" })).sort(), [
    "configurationId",
    "createdAt",
    "id",
    "modifiedAt",
    "status",
  ]);
  const logs = await DeploymentApi.kubesubmitV4DeploymentsGetLogs(
    "run-1",
    { $top: 2, $order: "desc" },
    GROUP,
  ).execute();
  assert.equal(logs.data.result.length, 2);
  const since = { start: "2021-05-19T00:00:14.347Z" }; // of a time zone with +, SAP's client sends the + as it is: a space
  assert.ok(
    (await DeploymentApi.kubesubmitV4DeploymentsGetLogs("run-1", since, GROUP).execute()).data.result.length > 2,
  );
  assert.match(await resolveDeploymentUrl({ scenarioId: "foundation-models" }), /\/v2\/inference\/deployments\/run-1$/);
}

async function beRefused() {
  await refused(404, get("nobody"));
  await refused(404, stop("nobody"));
  await refused(404, remove("nobody"));
  await refused(404, DeploymentApi.kubesubmitV4DeploymentsGetLogs("nobody", {}, GROUP).execute());
  await refused(400, stop("unknown-1"));
  await refused(400, DeploymentApi.deploymentCreate({ configurationId: "missing-configuration" }, GROUP).execute());
  await refused(412, stop("dead-1"));
  await refused(412, remove("run-1"));
}

async function live() {
  const created = await DeploymentApi.deploymentCreate({ configurationId: CONFIGURATION, ttl: "24h" }, GROUP).execute();
  assert.equal(created.status, "UNKNOWN");
  await lookUntil(created.id, "RUNNING");
  const other = { configurationId: "other-configuration" };
  await DeploymentApi.deploymentModify(created.id, other, GROUP).execute();
  assert.equal((await get(created.id)).latestRunningConfigurationId, CONFIGURATION);
  assert.equal((await stop(created.id)).id, created.id);
  await lookUntil(created.id, "STOPPED");
  assert.equal((await remove(created.id)).id, created.id);
  await lookUntil(created.id, 404);
}

async function batch() {
  const deployments = [
    { id: "run-1", targetStatus: "STOPPED" },
    { id: "stopped-1", targetStatus: "DELETED" },
    { id: "nobody", targetStatus: "DELETED" },
  ];
  const answer = await DeploymentApi.deploymentBatchModify({ deployments }, GROUP).execute();
  assert.deepEqual(
    answer.deployments.map((item) => [item.id, item.error === undefined]),
    [
      ["run-1", true],
      ["stopped-1", true],
      ["nobody", false],
    ],
  );
  await lookUntil("run-1", "STOPPED");
  await lookUntil("stopped-1", 404);
}

await look();
await beRefused();
await live();
await batch();
console.log("SAP's client: looked, created, updated, stopped, deleted, batched and was refused as it expects");
