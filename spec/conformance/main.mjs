// Runs the parts and reports. Arguments: the description's file ("" leaves the validator out), and the Lua to use.

import { once } from "node:events";
import { start } from "./children.mjs";
import { DEVIATIONS } from "./deviations.mjs";
import { Description } from "./description.mjs";
import { startEmulator } from "./emulator.mjs";
import { runLies, runPlain } from "./plain.mjs";
import { startProxy } from "./proxy.mjs";

const [file, lua] = process.argv.slice(2);
const PART_TIME = 120_000; // ms that a client may take
const TAGS = ["Deployment", "Meta"];
const LIFE = { start_time: 2, stop_time: 0.3, delete_time: 0.3 }; // seconds

// What AI Core documents and the emulator never says.
const UNREACHABLE = {
  "meta.get 404": "the emulator always has it",
  "kubesubmit.v4.deployments.get_logs default": "AI Core's own 403 or 500; the emulator has the gateway's only",
};

async function seed(emulator) {
  await emulator.clear();
  await emulator.seed({ count: 10001, resource_group: "many" });
  for (const id of ["run-1", "run-2", "run-3", "run-4", "run-5"]) await emulator.seed({ id });
  for (const id of ["stopped-1", "stopped-2"]) await emulator.seed({ id, status: "STOPPED" });
  await emulator.seed({ id: "dead-1", status: "DEAD" });
  await emulator.seed({ id: "unknown-1", status: "UNKNOWN" });
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
    remark: documented.includes(status) ? UNREACHABLE[`${operation.id} ${status}`] : "not described",
  }));
}

// Prints operation × status × count; answers what should have been seen and never was.
function tabulate(description, exchanges) {
  const unseen = [];
  const print = (id, status, counts, remark) =>
    console.log(
      `${id.padEnd(36)}${status.padStart(8)}${counts.map((cell) => cell.padStart(7)).join("")}   ${remark}`.trimEnd(),
    );
  print("operation", "status", Object.values(CLIENTS), "");
  for (const operation of description.operations) {
    for (const { status, counts, remark } of rowsOf(operation, exchanges)) {
      const cells = counts.map((number) => (number > 0 ? String(number) : "-"));
      print(operation.id, status, cells, remark ?? "");
      const all = status.startsWith("2"); // a success, everybody must have seen
      const met = (number) => number > 0;
      if (!remark && !(all ? counts.every(met) : counts.some(met))) {
        unseen.push(`${operation.id} ${status} was not seen${all ? " by everybody" : ""}`);
      }
    }
  }
  return unseen;
}

function report(description, proxy, lies, complaints) {
  // The answers that were wrong by order count nowhere else.
  const honest = proxy.exchanges.filter((exchange) => exchange.client !== "lies");
  console.log(`\nAI Core's description ${description.version}`);
  const unseen = tabulate(description, honest);
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
  const description = await Description.load(file, TAGS);
  const proxy = await startProxy(emulator.url, description);
  const complaints = [];
  const complain = (text) => complaints.push(text);
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
    return report(description, proxy, lies, complaints);
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

const MOST = 100; // violations that are shown

const emulator = await startEmulator(["--seed", "1"]);
let violations;
try {
  violations = await (file ? judgeAll(emulator) : withoutDescription(emulator));
} finally {
  await emulator.stop();
}
const good = file ? "no violations" : "nothing failed, and nothing was validated";
console.log(violations.length === 0 ? good : `\n${violations.length} violations:`);
for (const violation of violations.slice(0, MOST)) console.log(`  ${violation}`);
if (violations.length > MOST) console.log(`  … and ${violations.length - MOST} more`);
process.exitCode = violations.length === 0 ? 0 : 1;
