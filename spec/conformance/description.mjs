// SAP's OpenAPI description as a judge: what is wrong with a request, or with a response?
// Ajv judges the values. What the usual validators let pass is judged here: an operation, a parameter, a status, a media
// type or a property that is not described counts as wrong. A finding is a line of text.

import $RefParser from "@apidevtools/json-schema-ref-parser";
import Ajv from "ajv/dist/2019.js";
import addFormats from "ajv-formats";

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const TOO_LONG = 80; // characters of a wrong value that a finding shows

// A schema allows every property that it does not mention; this one does not. Every object is made so only once.
function close(node, seen = new Set()) {
  if (node === null || typeof node !== "object" || seen.has(node)) return;
  seen.add(node);
  if (node.type === "object" && node.properties) node.additionalProperties ??= false;
  for (const member of Object.values(node)) close(member, seen);
}

function newAjv(options) {
  const ajv = new Ajv({ strict: false, allErrors: true, verbose: true, ...options });
  addFormats(ajv);
  // No standard defines "url"; ajv-formats would refuse addresses such as 127.0.0.1.
  ajv.addFormat("url", (text) => URL.canParse(text) && /^https?:/.test(text));
  return ajv;
}

const values = newAjv({});
const texts = newAjv({ coerceTypes: true }); // what comes as text: parameters, headers, text/plain

function shown(value) {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > TOO_LONG ? text.slice(0, TOO_LONG) + "…" : text;
}

function judgeValue(ajv, schema, value, place) {
  const validate = ajv.compile(schema); // Ajv keeps what it has compiled
  if (validate(value)) return [];
  return validate.errors.map((error) => {
    const { additionalProperty, allowedValues } = error.params;
    const more = additionalProperty ?? allowedValues?.join(", ");
    return `${place}${error.instancePath} ${error.message}${more ? `: ${more}` : ""} (${shown(error.data)})`;
  });
}

function mediaType(headers) {
  return (headers["content-type"] ?? "").split(";")[0].trim().toLowerCase();
}

function judgeBody(content, headers, body) {
  const type = mediaType(headers);
  if (!content[type]) {
    return [`content-type ${type || "is missing"}: described is ${Object.keys(content).join(", ")}`];
  }
  if (!/[/+]json$/.test(type)) return judgeValue(texts, content[type].schema, body, "body");
  let value;
  try {
    value = JSON.parse(body);
  } catch {
    return [`body is not JSON (${shown(body)})`];
  }
  return judgeValue(values, content[type].schema, value, "body");
}

const isBlank = (headers, body) => body === "" && !headers["content-type"];

function judgeParameter(parameter, given) {
  const place = `${parameter.in} ${parameter.name}`;
  if (given.length === 0) return parameter.required ? [`${place} is missing`] : [];
  if (given.length > 1) return [`${place} is given ${given.length} times`];
  if (parameter.schema.type !== "array") return judgeValue(texts, parameter.schema, given[0], place);
  if (parameter.style !== "form" || parameter.explode !== false) throw new Error(`${place}: not implemented`);
  return judgeValue(texts, parameter.schema, given[0].split(","), place);
}

class Operation {
  constructor(document, template, method) {
    const path = document.paths[template];
    const described = path[method];
    Object.assign(this, { id: described.operationId, method: method.toUpperCase(), responses: described.responses });
    this.parameters = [...(path.parameters ?? []), ...(described.parameters ?? [])];
    this.body = described.requestBody;
    this.secured = (described.security ?? document.security ?? []).length > 0;
    this.names = [...template.matchAll(/{(\w+)}/g)].map((match) => match[1]);
    const pattern = template.split(/{\w+}/).map((text) => text.replace(/[$.]/g, "\\$&"));
    this.pattern = new RegExp(`^${pattern.join("([^/]+)")}$`);
  }

  // The path's parameters, or null: another operation's path.
  match(path) {
    const found = this.pattern.exec(path);
    return found && Object.fromEntries(this.names.map((name, i) => [name, decodeURIComponent(found[i + 1])]));
  }

  judgeRequest(inPath, query, headers, body) {
    const findings = [];
    const given = {
      path: (name) => [inPath[name]],
      query: (name) => query.getAll(name),
      header: (name) => [headers[name.toLowerCase()]].filter((value) => value !== undefined),
    };
    for (const parameter of this.parameters) {
      findings.push(...judgeParameter(parameter, given[parameter.in](parameter.name)));
    }
    const known = this.parameters.filter((parameter) => parameter.in === "query").map((parameter) => parameter.name);
    for (const name of new Set(query.keys())) {
      if (!known.includes(name)) findings.push(`query ${name} is not described`);
    }
    if (this.secured && !/^Bearer \S+$/.test(headers.authorization ?? "")) findings.push("no bearer token");
    if (this.body && (this.body.required || !isBlank(headers, body))) {
      findings.push(...judgeBody(this.body.content, headers, body));
    } else if (!this.body && body !== "") {
      findings.push("a body is not described");
    }
    return findings;
  }

  judgeResponse(status, headers, body) {
    const described = this.responses[status] ?? this.responses.default;
    if (!described) return [`status ${status} is not described`];
    const findings = [];
    if (described.content) findings.push(...judgeBody(described.content, headers, body));
    else if (body !== "") findings.push("a body is not described");
    for (const [name, header] of Object.entries(described.headers ?? {})) {
      const value = headers[name.toLowerCase()];
      if (value !== undefined) findings.push(...judgeValue(texts, header.schema, value, `header ${name}`));
      else if (header.required) findings.push(`header ${name} is missing`);
    }
    return findings;
  }
}

export class Description {
  // The description in `file` (YAML), with all its operations.
  static async load(file) {
    const document = await $RefParser.dereference(file);
    close(document);
    const made = new Description();
    made.version = document.info.version;
    made.base = new URL(document.servers[0].url.replace(/[{}]/g, "")).pathname;
    made.operations = [];
    for (const [template, path] of Object.entries(document.paths)) {
      for (const method of METHODS) {
        if (path[method]) made.operations.push(new Operation(document, template, method));
      }
    }
    // /a/$count before /a/{id}
    made.operations.sort((a, b) => a.names.length - b.names.length);
    return made;
  }

  // The operation of a path below the base, and what the path says; undefined: there is none.
  find(method, path) {
    for (const operation of this.operations) {
      const inPath = operation.method === method && operation.match(path);
      if (inPath) return { operation, inPath };
    }
  }

  // The operation that a request asks for, if any, and what is wrong with the request.
  judgeRequest(method, target, headers, body) {
    const url = new URL(target, "http://localhost");
    const path = url.pathname.replaceAll("%24", "$");
    const found = path.startsWith(this.base + "/") && this.find(method, path.slice(this.base.length));
    if (!found) return { findings: [`${method} ${path} is not described`] };
    const { operation, inPath } = found;
    return { operation, findings: operation.judgeRequest(inPath, url.searchParams, headers, body) };
  }
}
