// Plain requests: what the two clients never send, and so the emulator's answers that they never see.
// A request whose line has `wrong` breaks the description on purpose; the text is what the validator must find in it.

const NEVER = 1e6; // seconds
const PATIENCE = 30_000; // ms for one answer
const STATUSES = ["PENDING", "RUNNING", "COMPLETED", "DEAD", "STOPPING", "STOPPED", "UNKNOWN"];
const CONFIGURATION = "aa97b177-9383-4934-8543-0f91a7a0283a";
const STOP = { targetStatus: "STOPPED" };
const DELETE = { targetStatus: "DELETED" };
const MERGE_PATCH = "application/merge-patch+json";
const LIST = "/lm/deployments";

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

const one = (id) => `${LIST}/${id}`;
const logs = (id, query = "") => `${LIST}/${id}/logs${query}`;
const ids = (count) => Array.from({ length: count }, (_, i) => `id-${i}`);
const items = (names, target = "STOPPED") => ({ deployments: names.map((id) => ({ id, targetStatus: target })) });

// Refused or ignored because of what the description forbids: status, method, path, options, finding.
const WRONG = [
  [400, "GET", `${LIST}?$top=100001`, {}, "query $top must be <= 100000"],
  [400, "GET", `${LIST}?$top=ten`, {}, "query $top must be integer"],
  [400, "GET", `${LIST}?$skip=1.5`, {}, "query $skip must be integer"],
  [400, "GET", `${LIST}?$select=id`, {}, "query $select must be equal"],
  [400, "GET", `${LIST}?status=SLEEPING`, {}, "query status must be equal"],
  [400, "GET", `${LIST}?status=DEAD&status=RUNNING`, {}, "query status is given 2 times"],
  [400, "GET", `${LIST}?scenarioId=x`, {}, "query scenarioId must match"],
  [400, "GET", `${LIST}?configurationId=a%20b%20c`, {}, "query configurationId must match"],
  [400, "GET", `${LIST}?executableIds=abcd,`, {}, "query executableIds/1 must match"],
  [400, "GET", `${LIST}?executableIds=${ids(1001)}`, {}, "query executableIds must NOT have more than 1000"],
  [200, "GET", `${LIST}?colour=red`, {}, "query colour is not described"],
  [400, "GET", LIST, { group: "" }, "header AI-Resource-Group is missing"],
  [400, "GET", `${LIST}/$count?status=sleeping`, {}, "query status must be equal"],
  [400, "GET", `${LIST}/%24count`, { group: "" }, "header AI-Resource-Group is missing"],
  [400, "GET", one("a%20b"), {}, "path deploymentId must match"],
  [400, "GET", one("abc"), {}, "path deploymentId must match"],
  [400, "GET", one("x".repeat(65)), {}, "path deploymentId must match"],
  [400, "GET", `${one("running")}?$select=all`, {}, "query $select must be equal"],
  [400, "POST", LIST, { body: { configurationId: CONFIGURATION, ttl: "soon" } }, "body/ttl must match"],
  [400, "POST", LIST, { body: { configurationId: 12345 } }, "body/configurationId must be string"],
  [400, "POST", LIST, { body: {} }, "required property 'configurationId'"],
  [400, "POST", LIST, { body: [] }, "body must be object"],
  [400, "POST", LIST, { body: "configurationId" }, "body is not JSON"],
  [400, "POST", LIST, { body: "", type: "application/json" }, "body is not JSON"],
  [202, "POST", LIST, { body: { configurationId: CONFIGURATION, colour: "red" } }, "additional properties: colour"],
  [400, "PATCH", one("running"), { body: { targetStatus: "RUNNING" } }, "body/targetStatus must be equal"],
  [400, "PATCH", one("a%20b"), { body: STOP }, "path deploymentId must match"],
  [202, "PATCH", one("stopped"), { body: DELETE }, "body/targetStatus must be equal"],
  [400, "DELETE", one("a%20b"), {}, "path deploymentId must match"],
  [400, "DELETE", one("dead"), { group: "" }, "header AI-Resource-Group is missing"],
  [400, "DELETE", one("dead"), { body: STOP }, "a body is not described"],
  [400, "PATCH", LIST, { body: items([]), type: MERGE_PATCH }, "body/deployments must NOT have fewer than 1"],
  [400, "PATCH", LIST, { body: items(ids(101)), type: MERGE_PATCH }, "body/deployments must NOT have more than 100"],
  [
    400,
    "PATCH",
    LIST,
    { body: items(["id-1", "id-1"]), type: MERGE_PATCH },
    "body/deployments must NOT have duplicate",
  ],
  [400, "PATCH", LIST, { body: items(["id-1"], "RUNNING"), type: MERGE_PATCH }, "/targetStatus must be equal"],
  [400, "GET", logs("running", "?$top=0"), {}, "query $top must be >= 1"],
  [400, "GET", logs("running", "?$top=5001"), {}, "query $top must be <= 5000"],
  [400, "GET", logs("running", "?$order=up"), {}, "query $order must be equal"],
  [400, "GET", logs("running", "?start=yesterday"), {}, 'query start must match format "date-time"'],
  [400, "GET", logs("running", "?end=2026-05-19T00:00:14+02:00"), {}, 'query end must match format "date-time"'],
  [400, "GET", logs("abc"), {}, "path deploymentId must match"],
  // Content types that are not described.
  [400, "POST", LIST, { body: { configurationId: CONFIGURATION }, type: "text/plain" }, "content-type text/plain"],
  [400, "PATCH", one("running"), { body: STOP, type: "text/plain" }, "content-type text/plain"],
  [400, "PATCH", one("running"), { body: STOP, type: "" }, "content-type is missing"],
  [400, "PATCH", LIST, { body: items(["running"]) }, "content-type application/json"],
];

// Right by the description, and refused all the same.
const REFUSED = [
  [400, "GET", `${LIST}?$skip=-1`],
  [404, "GET", one("nobody")],
  [400, "POST", LIST, { body: { configurationId: "missing-configuration" } }],
  [400, "POST", LIST, { body: { configurationId: CONFIGURATION, ttl: "24," } }], // the pattern allows a comma
  [404, "PATCH", one("nobody"), { body: STOP }],
  [400, "PATCH", one("running"), { body: {} }],
  [400, "PATCH", one("running"), { body: { ...STOP, configurationId: CONFIGURATION } }],
  [400, "PATCH", one("unknown"), { body: STOP }],
  [412, "PATCH", one("stopping"), { body: STOP }],
  [412, "PATCH", one("completed"), { body: STOP }],
  [412, "PATCH", one("completed"), { body: { configurationId: CONFIGURATION } }],
  [404, "DELETE", one("nobody")],
  [412, "DELETE", one("running")],
  [412, "DELETE", one("stopping")],
  [400, "PATCH", LIST, { body: {}, type: MERGE_PATCH }],
  [404, "GET", logs("nobody")],
  [400, "GET", logs("running"), { group: "" }],
  [400, "GET", logs("running", "?start=2026-05-19T00:00:00Z&end=2026-05-18T00:00:00Z")],
];

const TWICE = {
  deployments: [
    { id: "running", ...STOP },
    { id: "running", ...DELETE },
  ],
};

async function look(send) {
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
    await send(200, "GET", LIST + query);
    if (!query.includes("$")) await send(200, "GET", `${LIST}/$count${query}`);
  }
  await send(200, "GET", `${LIST}?executableIds=${ids(1000)}`); // as many as may be
  await send(200, "GET", LIST, { group: "nobody" });
  for (const status of STATUSES) {
    await send(200, "GET", one(status.toLowerCase()));
    await send(200, "GET", `${one(status.toLowerCase())}?$select=status`);
    await send(200, "GET", logs(status.toLowerCase()));
  }
  for (const query of [
    "?$top=1",
    "?$top=5000&$order=desc",
    "?$order=asc",
    "?start=2021-05-19T00:00:14.347Z",
    "?end=2031-05-19T09:00:14.347%2B08:00",
    "?start=2021-05-18T17:00:14-08:00&end=2021-05-19T02:00:00.000000Z",
  ]) {
    await send(200, "GET", logs("running", query));
  }
  await send(200, "GET", "/lm/meta", { group: "" });
}

async function change(send, emulator, complain) {
  for (const body of [{ configurationId: CONFIGURATION }, { configurationId: CONFIGURATION, ttl: "24H" }]) {
    const { headers, text } = await send(202, "POST", LIST, { body });
    const { id } = JSON.parse(text);
    if (!headers.get("location")?.endsWith(one(id))) complain("create: the answer has no Location");
    await send(404, "GET", one(id)); // it is not to be seen yet
  }
  await send(202, "POST", LIST, { body: { configurationId: CONFIGURATION, ttl: null } });

  await send(202, "PATCH", one("pending"), { body: { configurationId: "other-configuration" } });
  await send(200, "GET", one("pending"));
  await send(202, "PATCH", one("pending"), { body: STOP });
  await send(200, "GET", one("pending"));
  await send(202, "DELETE", one("dead"));
  await send(200, "GET", one("dead"));
  await send(202, "DELETE", one("dead"), { body: DELETE });
  await emulator.settings({ delete_again: 412 });
  await send(412, "DELETE", one("dead"));
  await emulator.settings({ delete_again: 202 });
  await send(202, "DELETE", one("completed"), { type: "text/plain" });

  const mixed = [
    ["running", "STOPPED"],
    ["unknown", "STOPPED"],
    ["stopping", "DELETED"],
    ["nobody", "DELETED"],
  ];
  const batch = { deployments: mixed.map(([id, targetStatus]) => ({ id, targetStatus })) };
  const { text } = await send(202, "PATCH", LIST, { body: batch, type: MERGE_PATCH });
  const failed = JSON.parse(text).deployments.map((item) => (item.error ? "failed" : "accepted"));
  if (failed.join() !== "accepted,failed,failed,failed") complain(`batch: ${text}`);
  await send(202, "PATCH", LIST, { body: items(ids(100)), type: `${MERGE_PATCH}; charset=utf-8` });
  await emulator.settings({ bulk: false });
  await send(400, "PATCH", LIST, { body: items(["running"]), type: MERGE_PATCH });
  await send(200, "GET", "/lm/meta");
  await emulator.settings({ bulk: true });
}

// The gateway's 401, which every operation may meet.
async function forbid(send, emulator) {
  const operations = [
    ["GET", LIST],
    ["GET", `${LIST}/$count`],
    ["GET", one("running")],
    ["GET", logs("running")],
    ["GET", "/lm/meta"],
    ["POST", LIST, { body: { configurationId: CONFIGURATION } }],
    ["PATCH", LIST, { body: items(["running"]), type: MERGE_PATCH }],
    ["PATCH", one("running"), { body: STOP }],
    ["DELETE", one("stopped")],
  ];
  for (const [method, path, options] of operations) {
    await send(401, method, path, { ...options, bearer: "", provoke: "request no bearer token" });
    await send(401, method, path, { ...options, bearer: "a.b.c" });
  }
  await emulator.expireTokens();
  await send(401, "GET", LIST);
}

// Sends them all through `base`; complain(text) is called for every status that was not expected.
export async function runPlain(base, emulator, complain) {
  await emulator.settings({ start_time: NEVER, stop_time: NEVER, delete_time: NEVER });
  for (const status of STATUSES) await emulator.seed({ id: status.toLowerCase(), status, ttl: "24H" });
  let send = await newSender(base, complain);
  await look(send);
  for (const [status, method, path, options] of REFUSED) await send(status, method, path, options);
  await send(400, "PATCH", LIST, { body: TWICE, type: MERGE_PATCH });
  for (const [status, method, path, options, finding] of WRONG) {
    await send(status, method, path, { ...options, provoke: `request ${finding}` });
  }
  for (const [status, method, path] of [
    [405, "PUT", LIST],
    [405, "POST", one("running")],
    [404, "GET", "/lm/nothing"],
  ]) {
    await send(status, method, path, { provoke: `request ${method} /v2${path} is not described` });
  }
  await change(send, emulator, complain);
  await forbid(send, emulator);
  await emulator.clear();
}

// Answers that are wrong, by order: operation, fault, request, and what the validator must find.
const TIME = "2026-05-19T00:00:14Z";
const GOOD = { id: "running", configurationId: CONFIGURATION, status: "RUNNING", createdAt: TIME, modifiedAt: TIME };
const without = (name) => ({ ...GOOD, [name]: undefined });
const ACCEPTED = { id: "running", message: "scheduled" };
const CREATE = ["POST", LIST, { body: { configurationId: CONFIGURATION } }];
const BATCH = ["PATCH", LIST, { body: items(["running"]), type: MERGE_PATCH }];
const HTML = "<html><body>404</body></html>";

const LIES = [
  ...Object.keys(GOOD).map((name) => [
    "status",
    { body: without(name) },
    ["GET", one("running")],
    `property '${name}'`,
  ]),
  ["status", { body: { ...GOOD, id: "x" } }, ["GET", one("running")], "body/id must match"],
  ["status", { body: { ...GOOD, status: "SLEEPING" } }, ["GET", one("running")], "body/status must be equal"],
  ["status", { body: { ...GOOD, targetStatus: "DEAD" } }, ["GET", one("running")], "body/targetStatus must be equal"],
  ["status", { body: { ...GOOD, createdAt: "today" } }, ["GET", one("running")], "body/createdAt must match format"],
  [
    "status",
    { body: { ...GOOD, deploymentUrl: "/x" } },
    ["GET", one("running")],
    "body/deploymentUrl must match format",
  ],
  ["status", { body: { ...GOOD, ttl: "24" } }, ["GET", one("running")], "body/ttl must match"],
  ["status", { body: { ...GOOD, details: "x" } }, ["GET", one("running")], "body/details must be object"],
  ["status", { body: { ...GOOD, colour: "red" } }, ["GET", one("running")], "additional properties: colour"],
  ["status", { body: "{" }, ["GET", one("running")], "body is not JSON"],
  ["status", { body: HTML }, ["GET", one("running")], "content-type text/html"],
  ["status", { status: 404, body: HTML }, ["GET", one("running")], "content-type text/html"],
  ["status", { status: 404, body: { error: { code: "1" } } }, ["GET", one("running")], "property 'message'"],
  ["status", { status: 412, body: { error: {} } }, ["GET", one("running")], "status 412 is not described"],
  ["list", { body: { count: "1", resources: [] } }, ["GET", LIST], "body/count must be integer"],
  ["list", { body: { count: 1 } }, ["GET", LIST], "property 'resources'"],
  [
    "list",
    { body: { count: 2, resources: [GOOD, without("id")] } },
    ["GET", LIST],
    "body/resources/1 must have required",
  ],
  ["count", { body: "many" }, ["GET", `${LIST}/$count`], "body must be integer"],
  ["count", { body: "{}" }, ["GET", `${LIST}/$count`], "content-type application/json"],
  ["create", { status: 200, body: ACCEPTED }, CREATE, "status 200 is not described"],
  ["create", { status: 202, body: { id: "running" } }, CREATE, "property 'message'"],
  ["create", { status: 202, body: ACCEPTED, headers: { location: "x" } }, CREATE, "header Location must match format"],
  ["stop", { status: 202, body: { message: "?" } }, ["PATCH", one("running"), { body: STOP }], "property 'id'"],
  ["delete", { status: 204, body: "" }, ["DELETE", one("running")], "status 204 is not described"],
  ["batch", { status: 202, body: { deployments: [{ id: "running" }] } }, BATCH, "exactly one schema in oneOf"],
  ["logs", { body: { data: { result: [{ timestamp: 1 }] } } }, ["GET", logs("running")], "/timestamp must be string"],
  ["logs", { status: 500, body: { error: "?" } }, ["GET", logs("running")], "body/error must be object"],
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
