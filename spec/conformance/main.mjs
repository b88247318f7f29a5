// Runs the parts and reports. Arguments: the description's file ("" leaves the validator out), and the Lua to use.
// Covered is every operation that the Lua client has (core.operations says which), of deployments and executions, and
// what the emulator has for other clients: each must be in the description, and every client must have used it.

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { start } from "./children.mjs";
import { DEVIATIONS } from "./deviations.mjs";
import { Description } from "./description.mjs";
import { startEmulator } from "./emulator.mjs";
import { runLies, runPlain } from "./plain.mjs";
import { startProxy } from "./proxy.mjs";

const [file, lua] = process.argv.slice(2);
const WIDTH = 56; // of an operation's name
const PART_TIME = 120_000; // ms that a client may take
const RESOURCES = ["deployments", "executions"];
const FOR_OTHERS = [
  ["GET", "/lm/configurations/{id}"],
  ["GET", "/lm/configurations/$count"],
];
const LIFE = { start_time: 2, stop_time: 0.3, delete_time: 0.3 }; // seconds

// What AI Core documents and the emulator never says: operation and status.
const UNREACHABLE = [
  [/^meta\.get 404$/, "the emulator always has it"],
  [/ default$/, "AI Core's own 403 or 500; the emulator has the gateway's only"],
];

async function seed(emulator) {
  await emulator.clear();
  await emulator.seed({ count: 10001, resource_group: "many" });
  for (const id of ["run-1", "run-2", "run-3", "run-4", "run-5"]) await emulator.seed({ id });
  for (const id of ["stopped-1", "stopped-2"]) await emulator.seed({ id, status: "STOPPED" });
  await emulator.seed({ id: "dead-1", status: "DEAD" });
  await emulator.seed({ id: "unknown-1", status: "UNKNOWN" });
  for (const id of ["run-1", "run-2", "run-3", "run-4"]) await emulator.seed({ id, resource: "executions" });
  await emulator.seed({ id: "completed-1", status: "COMPLETED", resource: "executions" });
  await emulator.settings(LIFE);
}

// Runs a program to its end.
async function run(command, args, env) {
  const [code, signal] = await once(start(command, args, { stdio: "inherit", env, timeout: PART_TIME }), "exit");
  return code === 0 ? [] : [`${args[0]} failed (${signal ?? `exit ${code}`})`];
}

function runLua(url) {
  const paths = { LUA_PATH: process.env.LUA_PATH, LUA_CPATH: process.env.LUA_CPATH };
  const settings = { AICORE_BASE_URL: url, AICORE_AUTH_URL: url, AICORE_CLIENT_ID: "lua", AICORE_CLIENT_SECRET: "any" };
  return run(lua, ["spec/conformance/client.lua"], { ...paths, ...settings });
}

function runSap(url) {
  const key = { clientid: "sap", clientsecret: "any", url, serviceurls: { AI_API_URL: url } };
  return run(process.execPath, ["spec/conformance/sap.mjs"], { AICORE_SERVICE_KEY: JSON.stringify(key) });
}

// What the Lua client sends, as verbs and paths. (The login is not below the API's path.)
function requestsOf(lua) {
  const program = 'print(require("cjson").encode(require("aicore.core").operations))';
  const operations = Object.values(JSON.parse(execFileSync(lua, ["-e", program])));
  return operations
    .filter(({ path }) => path)
    .flatMap(({ verb, path, resource }) =>
      (resource ? RESOURCES : [""]).map((word) => [verb, path.replace("{resource}", word)]),
    );
}

// The described operations that are to be seen, each with who has to use it; what is not described is a complaint.
function cover(description, lua, complain) {
  const users = new Map();
  const add = (requests, names) => {
    for (const [verb, path] of requests) {
      const found = description.find(verb, path);
      if (found) users.set(found.operation, names);
      else complain(`${verb} ${path} is not described`);
    }
  };
  add(FOR_OTHERS, ["plain", "sap"]);
  add(requestsOf(lua), ["plain", "lua", "sap"]);
  return description.operations.filter((operation) => users.has(operation)).map((one) => [one, users.get(one)]);
}

const CLIENTS = { plain: "plain", lua: "Lua", sap: "SAP" };

// The rows of an operation: its documented statuses, and those that were seen besides.
function rowsOf(operation, exchanges) {
  const documented = Object.keys(operation.responses);
  const name = ({ status }) =>
    documented.includes(String(status)) || !documented.includes("default") ? String(status) : "default";
  const seen = exchanges.filter((exchange) => exchange.operation === operation.id);
  return [...new Set([...documented, ...seen.map(name)])].map((status) => ({
    status,
    counts: Object.keys(CLIENTS).map(
      (client) => seen.filter((exchange) => exchange.client === client && name(exchange) === status).length,
    ),
    remark: documented.includes(status)
      ? UNREACHABLE.find(([which]) => which.test(`${operation.id} ${status}`))?.[1]
      : "not described",
  }));
}

// Prints operation × status × count; answers what should have been seen and never was.
function tabulate(covered, exchanges) {
  const unseen = [];
  const print = (id, status, counts, remark) =>
    console.log(
      `${id.padEnd(WIDTH)}${status.padStart(8)}${counts.map((cell) => cell.padStart(7)).join("")}   ${remark}`.trimEnd(),
    );
  print("operation", "status", Object.values(CLIENTS), "");
  for (const [operation, users] of covered) {
    for (const { status, counts, remark } of rowsOf(operation, exchanges)) {
      const cells = counts.map((number) => (number > 0 ? String(number) : "-"));
      print(operation.id, status, cells, remark ?? "");
      const met = Object.keys(CLIENTS).filter((_, i) => counts[i] > 0);
      const missing = users.filter((user) => !met.includes(user));
      if (remark) continue;
      if (status.startsWith("2")) {
        missing.forEach((user) => unseen.push(`${operation.id} ${status} was not seen by ${CLIENTS[user]}`));
      } else if (met.length === 0) unseen.push(`${operation.id} ${status} was not seen`);
    }
  }
  return unseen;
}

function report(description, covered, proxy, lies, complaints) {
  // The answers that were wrong by order count nowhere else.
  const honest = proxy.exchanges.filter((exchange) => exchange.client !== "lies");
  console.log(`\nAI Core's description ${description.version}`);
  const unseen = tabulate(covered, honest);
  const violations = [...complaints];
  for (const exchange of proxy.exchanges) {
    for (const violation of exchange.violations) {
      violations.push(`${exchange.client}: ${exchange.method} ${exchange.url} ${exchange.status}: ${violation}`);
    }
  }
  console.log("\nknown deviations, where AI Core itself differs from its description:");
  for (const deviation of DEVIATIONS) {
    const number = honest.filter((exchange) => exchange.deviations.includes(deviation)).length;
    console.log(`${String(number).padStart(6)} × ${deviation.what}: ${deviation.why}`);
    if (number === 0) unseen.push(`deviations.mjs: nothing meets "${deviation.what}" any more`);
  }
  const provoked = honest.filter((exchange) => exchange.provoked === "request").length;
  console.log(`\n${honest.length} exchanges, ${provoked} of them with a request that is wrong on purpose`);
  console.log(`${lies} wrong answers on purpose: the validator can fail`);
  return [...violations, ...unseen];
}

async function judgeAll(emulator) {
  const description = await Description.load(file);
  const complaints = [];
  const complain = (text) => complaints.push(text);
  const covered = cover(description, lua, complain);
  const proxy = await startProxy(emulator.url, description);
  try {
    proxy.client = "plain";
    await runPlain(proxy.url, emulator, complain);
    proxy.client = "lies";
    const lies = await runLies(proxy.url, emulator, complain);
    proxy.client = "lua";
    await seed(emulator);
    complaints.push(...(await runLua(proxy.url)));
    proxy.client = "sap";
    await seed(emulator);
    complaints.push(...(await runSap(proxy.url)));
    return report(description, covered, proxy, lies, complaints);
  } finally {
    proxy.stop();
  }
}

async function withoutDescription(emulator) {
  console.log("NO DESCRIPTION: the validator is left out, and with it the Lua client; only SAP's client runs.");
  console.log("Give AI_CORE_API.yaml as the argument, or its path in the variable AI_CORE_API.");
  await seed(emulator);
  return runSap(emulator.url);
}

const MOST = 100; // kinds of violations that are shown

// Those that differ in a number alone are one kind, shown by its first.
function kindsOf(violations) {
  const kinds = new Map();
  for (const violation of violations) {
    const kind = violation.replace(/ \(.*$/, "").replace(/\d+/g, "0");
    const known = kinds.get(kind) ?? { text: violation, count: 0 };
    known.count += 1;
    kinds.set(kind, known);
  }
  return [...kinds.values()];
}

const emulator = await startEmulator(["--seed", "1"]);
let violations;
try {
  violations = await (file ? judgeAll(emulator) : withoutDescription(emulator));
} finally {
  await emulator.stop();
}
const good = file ? "no violations" : "nothing failed, and nothing was validated";
console.log(violations.length === 0 ? good : `\n${violations.length} violations:`);
const kinds = kindsOf(violations);
for (const { text, count } of kinds.slice(0, MOST)) console.log(`${String(count).padStart(6)} × ${text}`);
if (kinds.length > MOST) console.log(`  … and ${kinds.length - MOST} more kinds`);
process.exitCode = violations.length === 0 ? 0 : 1;
