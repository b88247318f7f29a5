// Where emulator and client differ from the description on purpose, because AI Core does: each with its reason.
// Rule: an entry that nothing meets any more fails the run, so this list stays short and true.

export const DEVIATIONS = [
  {
    what: "DELETE has a body",
    why: 'SAP\'s procedure "Delete a Single Deployment" sends one',
    side: "request",
    operation: /^(deployment|execution)\.delete$/,
    finding: /^a body is not described$/,
  },
  {
    what: "401 is the gateway's plain text",
    why: "the gateway in front of AI Core checks the token before anything else",
    side: "response",
    status: 401,
    finding: /^(status 401 is not described|content-type text\/plain: described is application\/json)$/,
  },
  {
    what: 'deploymentUrl is ""',
    why: "seen; a deployment that does not run has no URL",
    side: "response",
    finding: /^body(\/resources\/\d+)?\/deploymentUrl must match format "url" \(""\)$/,
  },
  {
    what: "details have backend_details beside backendDetails",
    why: "seen",
    side: "response",
    finding: /\/details\/(scaling|resources) must NOT have additional properties: backend_details /,
  },
  {
    what: "the answer to DELETE has targetStatus",
    why: "seen",
    side: "response",
    finding: /^body must NOT have additional properties: targetStatus /,
  },
  {
    what: "log records name their container",
    why: 'SAP\'s page "Retrieve Deployment Logs" shows it',
    side: "response",
    operation: /get_logs$/,
    finding: /^body\/data\/result\/\d+ must NOT have additional properties: container /,
  },
];

// The deviation that explains a finding, if any.
export function deviationOf(side, exchange, finding) {
  return DEVIATIONS.find(
    (entry) =>
      entry.side === side &&
      (entry.operation?.test(exchange.operation) ?? true) &&
      (entry.status ?? exchange.status) === exchange.status &&
      entry.finding.test(finding),
  );
}
