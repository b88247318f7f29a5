// Stands between a client and the emulator, passes every byte on, and lets the description judge both directions.
// Rule: it changes nothing but one header, "x-provoke: request|response <text>": there a test says that the request is
// wrong on purpose, or the response will be; then a finding with that text must come, or that is a violation.

import http from "node:http";
import { deviationOf } from "./deviations.mjs";

const PROVOKE = "x-provoke";
const MOST_HEADERS = 128 * 1024; // bytes; 1000 ids of 64 characters fit

async function read(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

function forward(agent, upstream, request, body) {
  const headers = { ...request.headers };
  delete headers[PROVOKE];
  return new Promise((resolve, reject) => {
    const { hostname, port } = upstream;
    const options = { hostname, port, agent, method: request.method, path: request.url, headers };
    http
      .request(options, async (answer) => {
        try {
          resolve({
            status: answer.statusCode,
            headers: answer.headers,
            raw: answer.rawHeaders,
            body: await read(answer),
          });
        } catch (error) {
          reject(error);
        }
      })
      .on("error", reject)
      .end(body);
  });
}

// Findings become violations, but for those that were provoked and those that are known.
function settle(exchange, provoke) {
  const [, side, text] = provoke?.match(/^(request|response) (.+)$/) ?? [];
  exchange.provoked = side;
  exchange.violations = [];
  exchange.deviations = [];
  if (side && !exchange.findings[side].some((finding) => finding.includes(text))) {
    exchange.violations.push(`the validator did not see in the ${side}: ${text}`);
  }
  for (const [where, findings] of Object.entries(exchange.findings)) {
    for (const finding of where === side ? [] : findings) {
      const deviation = deviationOf(where, exchange, finding);
      if (deviation) exchange.deviations.push(deviation);
      else exchange.violations.push(`${where}: ${finding}`);
    }
  }
}

function judge(description, request, body, answer) {
  const { operation, findings } = description.judgeRequest(
    request.method,
    request.url,
    request.headers,
    body.toString(),
  );
  const exchange = { method: request.method, url: request.url, operation: operation?.id, status: answer.status };
  exchange.findings = { request: findings, response: [] };
  if (operation) {
    exchange.findings.response = operation.judgeResponse(answer.status, answer.headers, answer.body.toString());
  }
  settle(exchange, request.headers[PROVOKE]);
  return exchange;
}

// Starts on a free port of the loopback interface. Every exchange below the API's path goes into `exchanges`, with the
// name that `proxy.client` has at that time; everything else, the login above all, passes unseen.
export async function startProxy(upstream, description) {
  const agent = new http.Agent({ keepAlive: true });
  const proxy = { client: undefined, exchanges: [] };
  const server = http.createServer({ maxHeaderSize: MOST_HEADERS }, async (request, response) => {
    const { client } = proxy;
    try {
      const body = await read(request);
      const answer = await forward(agent, new URL(upstream), request, body);
      if (request.url.startsWith(description.base + "/")) {
        proxy.exchanges.push({ client, ...judge(description, request, body, answer) });
      }
      response.writeHead(answer.status, answer.raw).end(answer.body);
    } catch (error) {
      const lost = {
        method: request.method,
        url: request.url,
        violations: [`the emulator gave no answer: ${error.message}`],
        deviations: [],
      };
      proxy.exchanges.push({ client, ...lost });
      response.destroy();
    }
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  proxy.url = `http://127.0.0.1:${server.address().port}`;
  proxy.stop = () => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  };
  return proxy;
}
