// Plain requests: what the two clients never send, and so the emulator's answers that they never see.
// A request whose line has `wrong` breaks the description on purpose; the text is what the validator must find in it.

const NEVER = 1e6; // seconds
const PATIENCE = 30_000; // ms for one answer
const STATUSES = ["PENDING", "RUNNING", "COMPLETED", "DEAD", "STOPPING", "STOPPED", "UNKNOWN"];
const CONFIGURATION = "aa97b177-9383-4934-8543-0f91a7a0283a";
const STOP = { targetStatus: "STOPPED" };
const DELETE = { targetStatus: "DELETED" };
const MERGE_PATCH = "application/merge-patch+json";

// Deployments and executions have the same operations; an execution serves nothing, and so has no URL, ttl or update.
class Resource {
  constructor(word, serves) {
    Object.assign(this, { word, name: `${word}s`, serves, list: `/lm/${word}s` });
  }
  one(id) {
    return `${this.list}/${id}`;
  }
  logs(id, query = "") {
    return `${this.list}/${id}/logs${query}`;
  }
  items(ids, target = "STOPPED") {
    return { [this.name]: ids.map((id) => ({ id, targetStatus: target })) };
  }
}

const DEPLOYMENTS = new Resource("deployment", true);
const EXECUTIONS = new Resource("execution", false);
const CONFIGURATIONS = "/lm/configurations";
const CHAT = {
  name: "Chat",
  scenarioId: "foundation-models",
  executableId: "azure-openai",
  parameterBindings: [{ key: "modelName", value: "gpt-4o" }],
  inputArtifactBindings: [],
};
const ARTIFACT = { key: "prompts", artifactId: "aa97b177-9383-4934-8543-0f91a7a0283a" };
const bound = (...parameterBindings) => ({ ...CHAT, parameterBindings });
const MODELS = "/lm/scenarios/foundation-models/models";
const GROUPS = "/admin/resourceGroups";
const QUOTA = "/admin/resourceQuota/deployments";

async function login(base) {
  const form = new URLSearchParams({ grant_type: "client_credentials", client_id: "plain", client_secret: "any" });
  const reply = await fetch(`${base}/oauth/token`, { method: "POST", body: form });
  return (await reply.json()).access_token;
}

// A function that sends one request and complains when its status is not the expected one.
async function newSender(base, complain) {
  const token = await login(base);
  return async function send(status, method, path, { body, type, group = "default", bearer = token, provoke } = {}) {
    const headers = {};
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    if (group) headers["ai-resource-group"] = group;
    if (body !== undefined && type !== "") headers["content-type"] = type ?? "application/json";
    if (provoke) headers["x-provoke"] = provoke;
    const data = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    // As bytes: to a text, fetch would add a content type of its own.
    let reply, text;
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      reply = await fetch(`${base}/v2${path}`, { method, headers, body: data && Buffer.from(data), signal });
      text = await reply.text();
    } catch (error) {
      complain(`${method} ${path}: no answer: ${error.cause ?? error}`);
      return { headers: new Headers(), text: "{}" };
    }
    if (reply.status !== status) complain(`${method} ${path}: ${status} expected, got ${reply.status} ${text}`);
    return { headers: reply.headers, text };
  };
}

const ids = (count) => Array.from({ length: count }, (_, i) => `id-${i}`);

// Refused or ignored because of what the description forbids: status, method, path, options, finding.
function wrong(resource) {
  const { list, name } = resource;
  const [running, stopped, dead] = ["running", "stopped", "dead"].map((id) => resource.one(id));
  const items = (...args) => ({ body: resource.items(...args), type: MERGE_PATCH });
  const idMustMatch = `path ${resource.word}Id must match`;
  return [
    [400, "GET", `${list}?$top=100001`, {}, "query $top must be <= 100000"],
    [400, "GET", `${list}?$top=ten`, {}, "query $top must be integer"],
    [400, "GET", `${list}?$skip=1.5`, {}, "query $skip must be integer"],
    [400, "GET", `${list}?$select=id`, {}, "query $select must be equal"],
    [400, "GET", `${list}?status=SLEEPING`, {}, "query status must be equal"],
    [400, "GET", `${list}?status=DEAD&status=RUNNING`, {}, "query status is given 2 times"],
    [400, "GET", `${list}?scenarioId=x`, {}, "query scenarioId must match"],
    [400, "GET", `${list}?configurationId=a%20b%20c`, {}, "query configurationId must match"],
    [400, "GET", `${list}?executableIds=abcd,`, {}, "query executableIds/1 must match"],
    [400, "GET", `${list}?executableIds=${ids(1001)}`, {}, "query executableIds must NOT have more than 1000"],
    [200, "GET", `${list}?colour=red`, {}, "query colour is not described"],
    [400, "GET", list, { group: "" }, "header AI-Resource-Group is missing"],
    [400, "GET", `${list}/$count?status=sleeping`, {}, "query status must be equal"],
    [400, "GET", `${list}/%24count`, { group: "" }, "header AI-Resource-Group is missing"],
    [400, "GET", resource.one("a%20b"), {}, idMustMatch],
    [400, "GET", resource.one("abc"), {}, idMustMatch],
    [400, "GET", resource.one("x".repeat(65)), {}, idMustMatch],
    [400, "GET", `${running}?$select=all`, {}, "query $select must be equal"],
    [400, "POST", list, { body: { configurationId: 12345 } }, "body/configurationId must be string"],
    [400, "POST", list, { body: {} }, "required property 'configurationId'"],
    [400, "POST", list, { body: [] }, "body must be object"],
    [400, "POST", list, { body: "configurationId" }, "body is not JSON"],
    [400, "POST", list, { body: "", type: "application/json" }, "body is not JSON"],
    [202, "POST", list, { body: { configurationId: CONFIGURATION, colour: "red" } }, "additional properties: colour"],
    [400, "PATCH", running, { body: { targetStatus: "RUNNING" } }, "body/targetStatus must be equal"],
    [400, "PATCH", resource.one("a%20b"), { body: STOP }, idMustMatch],
    [202, "PATCH", stopped, { body: DELETE }, "body/targetStatus must be equal"],
    [400, "DELETE", resource.one("a%20b"), {}, idMustMatch],
    [400, "DELETE", dead, { group: "" }, "header AI-Resource-Group is missing"],
    [400, "DELETE", dead, { body: STOP }, "a body is not described"],
    [400, "PATCH", list, items([]), `body/${name} must NOT have fewer than 1`],
    [400, "PATCH", list, items(ids(101)), `body/${name} must NOT have more than 100`],
    [400, "PATCH", list, items(["id-1", "id-1"]), `body/${name} must NOT have duplicate`],
    [400, "PATCH", list, items(["id-1"], "RUNNING"), "/targetStatus must be equal"],
    [400, "GET", resource.logs("running", "?$top=0"), {}, "query $top must be >= 1"],
    [400, "GET", resource.logs("running", "?$top=5001"), {}, "query $top must be <= 5000"],
    [400, "GET", resource.logs("running", "?$order=up"), {}, "query $order must be equal"],
    [400, "GET", resource.logs("running", "?start=yesterday"), {}, 'query start must match format "date-time"'],
    [
      400,
      "GET",
      resource.logs("running", "?end=2026-05-19T00:00:14+02:00"),
      {},
      'query end must match format "date-time"',
    ],
    [400, "GET", resource.logs("abc"), {}, idMustMatch],
    // Content types that are not described.
    [400, "POST", list, { body: { configurationId: CONFIGURATION }, type: "text/plain" }, "content-type text/plain"],
    [400, "PATCH", running, { body: STOP, type: "text/plain" }, "content-type text/plain"],
    [400, "PATCH", running, { body: STOP, type: "" }, "content-type is missing"],
    [400, "PATCH", list, { body: resource.items(["running"]) }, "content-type application/json"],
  ];
}

const WRONG = [
  ...wrong(DEPLOYMENTS),
  ...wrong(EXECUTIONS),
  [400, "POST", DEPLOYMENTS.list, { body: { configurationId: CONFIGURATION, ttl: "soon" } }, "body/ttl must match"],
  [400, "PATCH", EXECUTIONS.one("running"), { body: { configurationId: CONFIGURATION } }, "property 'targetStatus'"],
  [400, "GET", `${EXECUTIONS.list}?executionScheduleId=x`, {}, "query executionScheduleId must match"],
  [200, "GET", `${DEPLOYMENTS.list}?executionScheduleId=x`, {}, "query executionScheduleId is not described"],
  [400, "GET", `${CONFIGURATIONS}?$search=`, {}, "query $search must match"],
  [400, "GET", `${CONFIGURATIONS}?$search=a~b`, {}, "query $search must match"],
  [400, "GET", `${CONFIGURATIONS}?$search=${"x".repeat(81)}`, {}, "query $search must match"],
  [400, "GET", `${CONFIGURATIONS}?searchCaseInsensitive=yes`, {}, "query searchCaseInsensitive must be boolean"],
  [400, "GET", `${CONFIGURATIONS}?$expand=all`, {}, "query $expand must be equal"],
  [400, "GET", `${CONFIGURATIONS}?$top=100001`, {}, "query $top must be <= 100000"],
  [400, "GET", `${CONFIGURATIONS}/$count?scenarioId=x`, {}, "query scenarioId must match"],
  [400, "GET", `${CONFIGURATIONS}/a%20b`, {}, "path configurationId must match"],
  [400, "GET", CONFIGURATIONS, { group: "" }, "header AI-Resource-Group is missing"],
  [400, "POST", CONFIGURATIONS, { body: { ...CHAT, name: undefined } }, "required property 'name'"],
  [400, "POST", CONFIGURATIONS, { body: { ...CHAT, name: "x".repeat(257) } }, "body/name must NOT have more than 256"],
  [400, "POST", CONFIGURATIONS, { body: { ...CHAT, name: "für\u00dfe" } }, "body/name must match"],
  [400, "POST", CONFIGURATIONS, { body: { ...CHAT, scenarioId: "x" } }, "body/scenarioId must match"],
  [400, "POST", CONFIGURATIONS, { body: bound({ key: "a", value: 5 }) }, "/value must be string"],
  [400, "POST", CONFIGURATIONS, { body: bound({ key: "a" }) }, "required property 'value'"],
  [400, "POST", CONFIGURATIONS, { body: bound({ key: "a", value: "x".repeat(5001) }) }, "must NOT have more than 5000"],
  [400, "POST", CONFIGURATIONS, { body: bound({ key: "x".repeat(257), value: "a" }) }, "must NOT have more than 256"],
  [400, "POST", CONFIGURATIONS, { body: CHAT, type: "text/plain" }, "content-type text/plain"],
  [400, "GET", MODELS, { group: "" }, "header AI-Resource-Group is missing"],
  [400, "GET", `${GROUPS}?$top=ten`, {}, "query $top must be integer"],
  [400, "GET", `${GROUPS}?$count=1`, {}, "query $count must be boolean"],
  [400, "GET", `${QUOTA}?quotaOnly=1`, {}, "query quotaOnly must be boolean"],
];

// Right by the description, and refused all the same.
function refused(resource) {
  const { list } = resource;
  return [
    [400, "GET", `${list}?$skip=-1`],
    [404, "GET", resource.one("nobody")],
    [400, "POST", list, { body: { configurationId: "missing-configuration" } }],
    [404, "PATCH", resource.one("nobody"), { body: STOP }],
    [400, "PATCH", resource.one("unknown"), { body: STOP }],
    [412, "PATCH", resource.one("stopping"), { body: STOP }],
    [412, "PATCH", resource.one("completed"), { body: STOP }],
    [404, "DELETE", resource.one("nobody")],
    [412, "DELETE", resource.one("running")],
    [412, "DELETE", resource.one("stopping")],
    [400, "PATCH", list, { body: {}, type: MERGE_PATCH }],
    [404, "GET", resource.logs("nobody")],
    [400, "GET", resource.logs("running"), { group: "" }],
    [400, "GET", resource.logs("running", "?start=2026-05-19T00:00:00Z&end=2026-05-18T00:00:00Z")],
  ];
}

const REFUSED = [
  ...refused(DEPLOYMENTS),
  ...refused(EXECUTIONS),
  [400, "POST", DEPLOYMENTS.list, { body: { configurationId: CONFIGURATION, ttl: "24," } }], // the pattern allows a comma
  [400, "PATCH", DEPLOYMENTS.one("running"), { body: {} }],
  [400, "PATCH", DEPLOYMENTS.one("running"), { body: { ...STOP, configurationId: CONFIGURATION } }],
  [412, "PATCH", DEPLOYMENTS.one("completed"), { body: { configurationId: CONFIGURATION } }],
  [404, "GET", `${CONFIGURATIONS}/nobody`],
];

const twice = (resource) => ({
  [resource.name]: [
    { id: "running", ...STOP },
    { id: "running", ...DELETE },
  ],
});

async function look(send, resource) {
  const { list } = resource;
  for (const query of [
    "",
    "?$top=2&$skip=1",
    "?$top=0",
    "?$top=100000",
    "?$select=status",
    "?scenarioId=foundation-models",
    `?configurationId=${CONFIGURATION}`,
    "?executableIds=azure-openai,other-executable",
    ...STATUSES.map((status) => `?status=${status}`),
  ]) {
    await send(200, "GET", list + query);
    if (!query.includes("$")) await send(200, "GET", `${list}/$count${query}`);
  }
  await send(200, "GET", `${list}?executableIds=${ids(1000)}`); // as many as may be
  await send(200, "GET", list, { group: "nobody" });
  for (const status of STATUSES) {
    const id = status.toLowerCase();
    await send(200, "GET", resource.one(id));
    await send(200, "GET", `${resource.one(id)}?$select=status`);
    await send(200, "GET", resource.logs(id));
  }
  for (const query of [
    "?$top=1",
    "?$top=5000&$order=desc",
    "?$order=asc",
    "?start=2021-05-19T00:00:14.347Z",
    "?end=2031-05-19T09:00:14.347%2B08:00",
    "?start=2021-05-18T17:00:14-08:00&end=2021-05-19T02:00:00.000000Z",
  ]) {
    await send(200, "GET", resource.logs("running", query));
  }
}

// What belongs to no resource: configurations, and the tenant.
async function lookAround(send, complain) {
  const { headers, text } = await send(201, "POST", CONFIGURATIONS, { body: CHAT });
  const { id } = JSON.parse(text);
  const location = headers.get("location");
  if (!location?.endsWith(`${CONFIGURATIONS}/${id}`)) complain(`configure: Location is ${location}`);
  const { scenarioId, executableId } = CHAT;
  await send(201, "POST", CONFIGURATIONS, { body: { name: 'All [that] {may} "be", 1 <b>', scenarioId, executableId } });
  await send(201, "POST", CONFIGURATIONS, { body: { ...bound(), inputArtifactBindings: [ARTIFACT] } });
  for (const query of [
    "",
    "?$top=1&$skip=1",
    "?$top=0",
    "?$search=hat",
    "?$search=HAT&searchCaseInsensitive=true",
    "?scenarioId=foundation-models&executableIds=azure-openai",
    "?$expand=scenario",
  ]) {
    await send(200, "GET", CONFIGURATIONS + query);
    if (!/[$](top|expand)/.test(query)) await send(200, "GET", `${CONFIGURATIONS}/$count${query}`);
  }
  await send(200, "GET", CONFIGURATIONS, { group: "nobody" });
  await send(200, "GET", `${CONFIGURATIONS}/${id}`);
  await send(200, "GET", MODELS);
  await send(200, "GET", "/lm/meta", { group: "" });
  for (const query of ["", "?$top=1&$skip=1", "?$top=0", "?$count=true&$top=1"]) {
    await send(200, "GET", GROUPS + query, { group: "" });
  }
  for (const query of ["", "?quotaOnly=true"]) await send(200, "GET", QUOTA + query, { group: "" });
}

async function change(send, emulator, complain, resource) {
  const { list } = resource;
  for (const more of resource.serves ? [{}, { ttl: "24H" }] : [{}]) {
    const { headers, text } = await send(202, "POST", list, { body: { configurationId: CONFIGURATION, ...more } });
    const { id } = JSON.parse(text);
    if (!headers.get("location")?.endsWith(resource.one(id))) complain("create: the answer has no Location");
    await send(404, "GET", resource.one(id)); // it is not to be seen yet
  }
  if (resource.serves) {
    await send(202, "POST", list, { body: { configurationId: CONFIGURATION, ttl: null } });
    await send(202, "PATCH", resource.one("pending"), { body: { configurationId: "other-configuration" } });
    await send(200, "GET", resource.one("pending"));
  }
  await send(202, "PATCH", resource.one("pending"), { body: STOP });
  await send(200, "GET", resource.one("pending"));
  await send(202, "DELETE", resource.one("dead"));
  await send(200, "GET", resource.one("dead"));
  await send(202, "DELETE", resource.one("dead"), { body: DELETE });
  await emulator.settings({ delete_again: 412 });
  await send(412, "DELETE", resource.one("dead"));
  await emulator.settings({ delete_again: 202 });
  await send(202, "DELETE", resource.one("completed"), { type: "text/plain" });

  const mixed = [
    ["running", "STOPPED"],
    ["unknown", "STOPPED"],
    ["stopping", "DELETED"],
    ["nobody", "DELETED"],
  ];
  const batch = { [resource.name]: mixed.map(([id, targetStatus]) => ({ id, targetStatus })) };
  const { text } = await send(202, "PATCH", list, { body: batch, type: MERGE_PATCH });
  const failed = JSON.parse(text)[resource.name].map((item) => (item.error ? "failed" : "accepted"));
  if (failed.join() !== "accepted,failed,failed,failed") complain(`batch: ${text}`);
  await send(202, "PATCH", list, { body: resource.items(ids(100)), type: `${MERGE_PATCH}; charset=utf-8` });
  await emulator.settings({ bulk: false });
  await send(400, "PATCH", list, { body: resource.items(["running"]), type: MERGE_PATCH });
  await send(200, "GET", "/lm/meta");
  await emulator.settings({ bulk: true });
}

// The gateway's 401, which every operation may meet.
async function forbid(send, emulator) {
  const about = (resource) => [
    ["GET", resource.list],
    ["GET", `${resource.list}/$count`],
    ["GET", resource.one("running")],
    ["GET", resource.logs("running")],
    ["POST", resource.list, { body: { configurationId: CONFIGURATION } }],
    ["PATCH", resource.list, { body: resource.items(["running"]), type: MERGE_PATCH }],
    ["PATCH", resource.one("running"), { body: STOP }],
    ["DELETE", resource.one("stopped")],
  ];
  const operations = [
    ...about(DEPLOYMENTS),
    ...about(EXECUTIONS),
    ...["/lm/meta", CONFIGURATIONS, `${CONFIGURATIONS}/nobody`, MODELS, GROUPS, QUOTA].map((path) => ["GET", path]),
    ["POST", CONFIGURATIONS, { body: CHAT }],
  ];
  for (const [method, path, options] of operations) {
    await send(401, method, path, { ...options, bearer: "", provoke: "request no bearer token" });
    await send(401, method, path, { ...options, bearer: "a.b.c" });
  }
  await emulator.expireTokens();
  await send(401, "GET", DEPLOYMENTS.list);
}

// Sends them all through `base`; complain(text) is called for every status that was not expected.
export async function runPlain(base, emulator, complain) {
  await emulator.settings({ start_time: NEVER, stop_time: NEVER, delete_time: NEVER });
  for (const { name } of [DEPLOYMENTS, EXECUTIONS]) {
    for (const status of STATUSES) {
      const ttl = name === DEPLOYMENTS.name ? "24H" : undefined;
      await emulator.seed({ id: status.toLowerCase(), resource: name, status, ttl });
    }
  }
  await emulator.settings({ quota: 10_000 });
  const send = await newSender(base, complain);
  for (const resource of [DEPLOYMENTS, EXECUTIONS]) await look(send, resource);
  await lookAround(send, complain);
  for (const [status, method, path, options] of REFUSED) await send(status, method, path, options);
  for (const resource of [DEPLOYMENTS, EXECUTIONS]) {
    await send(400, "PATCH", resource.list, { body: twice(resource), type: MERGE_PATCH });
  }
  for (const [status, method, path, options, finding] of WRONG) {
    await send(status, method, path, { ...options, provoke: `request ${finding}` });
  }
  for (const [status, method, path] of [
    [405, "PUT", DEPLOYMENTS.list],
    [405, "POST", DEPLOYMENTS.one("running")],
    [405, "PATCH", `${CONFIGURATIONS}/nobody`], // a configuration cannot be changed
    [404, "GET", "/lm/nothing"],
  ]) {
    await send(status, method, path, { provoke: `request ${method} /v2${path} is not described` });
  }
  for (const resource of [DEPLOYMENTS, EXECUTIONS]) await change(send, emulator, complain, resource);
  await forbid(send, emulator);
  await emulator.settings({ quota: -1 });
  await emulator.clear();
}

// Answers that are wrong, by order: operation, fault, request, and what the validator must find.
const TIME = "2026-05-19T00:00:14Z";
const GOOD = { id: "running", configurationId: CONFIGURATION, status: "RUNNING", createdAt: TIME, modifiedAt: TIME };
const without = (name) => ({ ...GOOD, [name]: undefined });
const ACCEPTED = { id: "running", message: "scheduled" };
const CREATE = ["POST", DEPLOYMENTS.list, { body: { configurationId: CONFIGURATION } }];
const BATCH = ["PATCH", DEPLOYMENTS.list, { body: DEPLOYMENTS.items(["running"]), type: MERGE_PATCH }];
const HTML = "<html><body>404</body></html>";
const GET_ONE = ["GET", DEPLOYMENTS.one("running")];
const GET_LIST = ["GET", DEPLOYMENTS.list];
const CONFIGURE = ["POST", CONFIGURATIONS, { body: CHAT }];
const MODEL = { model: "m", executableId: "azure-openai", description: "", versions: [] };

const LIES = [
  ...Object.keys(GOOD).map((name) => ["status", { body: without(name) }, GET_ONE, `property '${name}'`]),
  ["status", { body: { ...GOOD, id: "x" } }, GET_ONE, "body/id must match"],
  ["status", { body: { ...GOOD, status: "SLEEPING" } }, GET_ONE, "body/status must be equal"],
  ["status", { body: { ...GOOD, targetStatus: "DEAD" } }, GET_ONE, "body/targetStatus must be equal"],
  ["status", { body: { ...GOOD, createdAt: "today" } }, GET_ONE, "body/createdAt must match format"],
  ["status", { body: { ...GOOD, deploymentUrl: "/x" } }, GET_ONE, "body/deploymentUrl must match format"],
  ["status", { body: { ...GOOD, ttl: "24" } }, GET_ONE, "body/ttl must match"],
  ["status", { body: { ...GOOD, details: "x" } }, GET_ONE, "body/details must be object"],
  ["status", { body: { ...GOOD, colour: "red" } }, GET_ONE, "additional properties: colour"],
  ["status", { body: "{" }, GET_ONE, "body is not JSON"],
  ["status", { body: HTML }, GET_ONE, "content-type text/html"],
  ["status", { status: 404, body: HTML }, GET_ONE, "content-type text/html"],
  ["status", { status: 404, body: { error: { code: "1" } } }, GET_ONE, "property 'message'"],
  ["status", { status: 412, body: { error: {} } }, GET_ONE, "status 412 is not described"],
  ["list", { body: { count: "1", resources: [] } }, GET_LIST, "body/count must be integer"],
  ["list", { body: { count: 1 } }, GET_LIST, "property 'resources'"],
  ["list", { body: { count: 2, resources: [GOOD, without("id")] } }, GET_LIST, "body/resources/1 must have required"],
  ["count", { body: "many" }, ["GET", `${DEPLOYMENTS.list}/$count`], "body must be integer"],
  ["count", { body: "{}" }, ["GET", `${DEPLOYMENTS.list}/$count`], "content-type application/json"],
  ["create", { status: 200, body: ACCEPTED }, CREATE, "status 200 is not described"],
  ["create", { status: 202, body: { id: "running" } }, CREATE, "property 'message'"],
  ["create", { status: 202, body: ACCEPTED, headers: { location: "x" } }, CREATE, "header Location must match format"],
  [
    "stop",
    { status: 202, body: { message: "?" } },
    ["PATCH", DEPLOYMENTS.one("running"), { body: STOP }],
    "property 'id'",
  ],
  ["delete", { status: 204, body: "" }, ["DELETE", DEPLOYMENTS.one("running")], "status 204 is not described"],
  ["batch", { status: 202, body: { deployments: [{ id: "running" }] } }, BATCH, "exactly one schema in oneOf"],
  [
    "logs",
    { body: { data: { result: [{ timestamp: 1 }] } } },
    ["GET", DEPLOYMENTS.logs("running")],
    "/timestamp must be string",
  ],
  ["logs", { status: 500, body: { error: "?" } }, ["GET", DEPLOYMENTS.logs("running")], "body/error must be object"],
  ["status", { body: { ...GOOD, ttl: "1h" } }, ["GET", EXECUTIONS.one("running")], "additional properties: ttl"],
  ["list", { body: { count: 1, resources: [without("status")] } }, ["GET", EXECUTIONS.list], "property 'status'"],
  [
    "configurations",
    { body: { count: 1, resources: [{ ...CHAT, id: "conf" }] } },
    ["GET", CONFIGURATIONS],
    "'createdAt'",
  ],
  ["configure", { status: 202, body: ACCEPTED }, CONFIGURE, "status 202 is not described"],
  ["configure", { status: 201, body: { id: "conf" } }, CONFIGURE, "property 'message'"],
  [
    "models",
    { body: { count: 1, resources: [{ ...MODEL, versions: [{ name: "1" }] }] } },
    ["GET", MODELS],
    "'isLatest'",
  ],
  ["resource_groups", { body: { count: 1, resources: [{ resourceGroupId: "a" }] } }, ["GET", GROUPS], "'status'"],
  ["quota", { body: { usage: { count: 1 }, quotas: [] } }, ["GET", QUOTA], "property 'items'"],
  ["quota", { body: {} }, ["GET", QUOTA], "property 'quotas'"],
  ["capabilities", { body: { aiApi: { version: "2" } } }, ["GET", "/lm/meta"], "body/aiApi/version must match"],
];

// Shows that the validator can fail: each of these answers must be reported. Answers how many there were.
export async function runLies(base, emulator, complain) {
  const send = await newSender(base, complain);
  for (const [operation, fault, [method, path, options], finding] of LIES) {
    const status = fault.status ?? 200;
    await emulator.fault({ operation, ...fault, status });
    await send(status, method, path, { ...options, provoke: `response ${finding}` });
  }
  return LIES.length;
}
