// SAP's own JavaScript client against the emulator: each operation, and refusals. It has no ensure, rollout or watch:
// what client.lua does by one call, is done here by the operations that it takes.
// Started by main.mjs, with AICORE_SERVICE_KEY leading to the emulator, or through the proxy to it. main.mjs has seeded:
//   run-1 … run-5 RUNNING, dead-1 DEAD, unknown-1 UNKNOWN, stopped-1 and stopped-2 STOPPED, in the group "default", and
//   there the executions run-1 … run-4 RUNNING, completed-1 COMPLETED; more deployments in "many".

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ConfigurationApi,
  DeploymentApi,
  ExecutionApi,
  MetaApi,
  ResourceGroupApi,
  ResourceQuotaApi,
  ScenarioApi,
  resolveDeploymentUrl,
} from "@sap-ai-sdk/ai-api";

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

// Looks until the status is one of those wanted (404: it is gone); answers all that were seen, each change once.
async function lookUntil(id, wanted, look = get) {
  const seen = [];
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await sleep(LOOK_EVERY)) {
    const status = await look(id).then(
      (record) => record.status,
      (error) => {
        const reply = replyOf(error);
        if (!reply) throw error;
        return reply.status;
      },
    );
    if (seen.at(-1) !== status) seen.push(status);
    if ([wanted].flat().includes(status)) return seen;
  }
  assert.fail(`${id} did not become ${wanted}, but ${seen}`);
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

async function tenant() {
  const models = await ScenarioApi.scenarioQueryModels("foundation-models", GROUP).execute();
  assert.equal(models.count, models.resources.length);
  const retiring = models.resources.flatMap(({ versions }) => versions).filter((version) => version.retirementDate);
  assert.ok(retiring.every((version) => !Number.isNaN(Date.parse(version.retirementDate))));
  const groups = await ResourceGroupApi.kubesubmitV4ResourcegroupsGetAll().execute();
  assert.deepEqual(groups.resources.map((group) => group.resourceGroupId).sort(), ["default", "many"]);
  const quota = await ResourceQuotaApi.kubesubmitV4ResourceQuotaGetDeploymentQuota().execute();
  assert.equal(quota.usage.count, quota.usage.items.length);
  const only = await ResourceQuotaApi.kubesubmitV4ResourceQuotaGetDeploymentQuota({ quotaOnly: true }).execute();
  assert.equal(only.usage, undefined);
}

// The client's configure: look for one that is the same, and make it if there is none.
async function configure(name, modelName) {
  const what = {
    name,
    scenarioId: "chat",
    executableId: "azure-openai",
    parameterBindings: [{ key: "modelName", value: modelName }],
  };
  const filter = { scenarioId: what.scenarioId, executableIds: [what.executableId], $search: name };
  const found = (await ConfigurationApi.configurationQuery(filter, GROUP).execute()).resources.find(
    (one) => one.name === name && one.parameterBindings[0].value === modelName,
  );
  const { id } = found ?? (await ConfigurationApi.configurationCreate(what, GROUP).execute());
  const { createdAt, ...shown } = await ConfigurationApi.configurationGet(id, {}, GROUP).execute();
  assert.ok(createdAt);
  assert.deepEqual(shown, { id, ...what });
  return { id, created: !found };
}

// The client's ensure: the one that runs with this configuration, or a new one.
async function ensure(configurationId) {
  const query = { configurationId, status: "RUNNING" };
  const [serving] = (await DeploymentApi.deploymentQuery(query, GROUP).execute()).resources;
  if (serving) return { id: serving.id, created: false };
  const { id } = await DeploymentApi.deploymentCreate({ configurationId }, GROUP).execute();
  await lookUntil(id, "RUNNING");
  return { id, created: true };
}

// The client's rollout, to the end of it: RUNNING or DEAD. (That the emulator shows an update at once helps here.)
async function rollout(id, configurationId) {
  await DeploymentApi.deploymentModify(id, { configurationId }, GROUP).execute();
  const seen = await lookUntil(id, ["RUNNING", "DEAD"]);
  assert.equal(seen[0], "PENDING");
  const deployment = await get(id);
  assert.equal(deployment.configurationId, configurationId);
  return deployment;
}

async function wholeLife() {
  const before = await configure("chat", "gpt-4o");
  assert.deepEqual([before.created, (await configure("chat", "gpt-4o")).created], [true, false]);
  assert.equal(await ConfigurationApi.configurationCount({ $search: "chat" }, GROUP).execute(), 1);
  const { id } = await ensure(before.id);
  assert.deepEqual(await ensure(before.id), { id, created: false });
  const url = await resolveDeploymentUrl({ scenarioId: "chat", model: { name: "gpt-4o" } });
  assert.ok(url.endsWith(`/v2/inference/deployments/${id}`)); // the client's find

  const after = await configure("chat-next", "gpt-4.1");
  assert.equal((await rollout(id, after.id)).status, "RUNNING");
  const broken = await configure("dead-on-arrival", "gpt-5");
  const dead = await rollout(id, broken.id);
  assert.deepEqual([dead.status, dead.latestRunningConfigurationId], ["DEAD", after.id]);
  assert.equal((await rollout(id, dead.latestRunningConfigurationId)).status, "RUNNING");

  await stop(id);
  assert.deepEqual(await lookUntil(id, "STOPPED"), ["STOPPING", "STOPPED"]);
  await remove(id);
  assert.deepEqual(await lookUntil(id, 404), ["STOPPED", 404]); // the client's watch
}

async function executions() {
  const one = (id, query = {}) => ExecutionApi.executionGet(id, query, GROUP).execute();
  const halt = (id) => ExecutionApi.executionModify(id, { targetStatus: "STOPPED" }, GROUP).execute();
  const drop = (id) => ExecutionApi.executionDelete(id, GROUP).execute();
  const all = await ExecutionApi.executionQuery({}, GROUP).execute();
  assert.equal(all.count, 5);
  assert.equal(await ExecutionApi.executionCount({ status: "COMPLETED" }, GROUP).execute(), 1);
  assert.equal(await ExecutionApi.executionCount({ executionScheduleId: "nobody" }, GROUP).execute(), 0);
  assert.equal((await one("run-1", { $select: "status" })).status, "RUNNING");
  const logs = await ExecutionApi.kubesubmitV4ExecutionsGetLogs("run-1", { $top: 1 }, GROUP).execute();
  assert.equal(logs.data.result.length, 1);
  await refused(404, one("nobody"));
  await refused(412, drop("run-1"));

  const { id } = await ExecutionApi.executionCreate({ configurationId: CONFIGURATION }, GROUP).execute();
  await lookUntil(id, "RUNNING", one);
  await halt(id);
  await lookUntil(id, "STOPPED", one);
  await drop(id);
  await lookUntil(id, 404, one);
  const items = [
    { id: "run-1", targetStatus: "STOPPED" },
    { id: "completed-1", targetStatus: "DELETED" },
    { id: "nobody", targetStatus: "DELETED" },
  ];
  const answer = await ExecutionApi.executionBatchModify({ executions: items }, GROUP).execute();
  assert.deepEqual(
    answer.executions.map((item) => item.error === undefined),
    [true, true, false],
  );
  await lookUntil("run-1", "STOPPED", one);
  await lookUntil("completed-1", 404, one);
}

await look();
await beRefused();
await live();
await batch();
await tenant();
await wholeLife();
await executions();
console.log(
  "SAP's client: all operations of deployments, executions, configurations and the tenant, as it expects them",
);
