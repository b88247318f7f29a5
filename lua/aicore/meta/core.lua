---@meta aicore.core
-- luacheck: ignore 212 241

--- The C module: one exchange with SAP AI Core, blocking or begun. Mechanism, no policy: nothing is repeated, nobody
--- logs in by himself. require "aicore" is what most programs want; this is for those that bring policies of their own.
--
-- A wrong argument raises, as does a session that was closed. What the world does wrong is `nil, err`: a table with the
-- fields of aicore.Error, without its metatable. JSON null reads as an absent field (in a list as an empty object), a
-- number without a fraction as an integer. Ctrl-C ends a blocking function: with the error that the interpreter raises,
-- or with kind "cancelled".
-- The operations are those of the AI API (SAP's OpenAPI description of AI Core, tags Deployment and Execution).

local core = {}

-- What it is made of -------------------------------------------------------------------------------

---@class aicore.core.Config
---@field base_url string             the AI API with its /v2; https, or http to loopback
---@field token_url string?           where to log in, whole
---@field client_id string?
---@field client_secret string?       kept in C, and wiped there
---@field token string?               a ready one
---@field resource_group string?      goes along as AI-Resource-Group
---@field client_type string?         goes along as AI-Client-Type
---@field headers table<string, string>?  others, for requests to the AI API; none that this module sends itself
---@field certificate_file string?    PEM
---@field key_file string?            PEM
---@field certificate string?         PEM text
---@field key string?                 PEM text
---@field ca_file string?             PEM; the system's authorities if not given
---@field ca string?                  PEM text
---@field proxy string?               none if not given: the environment is not asked
---@field no_proxy string?            for whom it is not, separated by commas; if given, nor for this machine
---@field connect_timeout number?     s (10)
---@field timeout number?             s, one exchange (60)
---@field max_response number?        bytes, decompressed (64 MiB)
---@field max_headers number?         bytes (256 KiB)
---@field max_depth integer?          of JSON (64)
---@field max_connections integer?    (256)

---@class aicore.core.Options
---@field resource_group string?      instead of the session's
---@field timeout number?             s, instead of the session's
---@field correlation_id string?      sent as X-Correlation-ID

--- Of an operation whose path names a resource.
---@class aicore.core.ResourceOptions: aicore.core.Options
---@field resource "deployments"|"executions"?  which collection it is about (deployments)

---@class aicore.core.StatusOptions: aicore.core.ResourceOptions
---@field select "status"?            only the status

---@class aicore.core.FilterOptions: aicore.core.ResourceOptions
---@field status string?
---@field scenario_id string?
---@field configuration_id string?
---@field executable_ids string[]?    1 to 1000
---@field execution_schedule_id string?  of executions only

---@class aicore.core.PageOptions: aicore.core.FilterOptions
---@field top integer?                at most so many (10,000)
---@field skip integer?               after so many
---@field select "status"?            only id and status

---@class aicore.core.ConfigurationsOptions: aicore.core.Options
---@field scenario_id string?
---@field executable_ids string[]?    1 to 1000
---@field search string?              in their names, 1 to 80 bytes
---@field top integer?                at most so many (10,000)
---@field skip integer?               after so many

---@class aicore.core.CreateOptions: aicore.core.ResourceOptions
---@field ttl string?                 how long it may live: digits and m, h or d; of deployments only

---@class aicore.core.LogsOptions: aicore.core.ResourceOptions
---@field start string?               RFC 3339
---@field end string?                 RFC 3339
---@field top integer?                lines, 1 to 5000
---@field order "asc"|"desc"?

---@class aicore.core.Item
---@field id string
---@field targetStatus "STOPPED"|"DELETED"

---@class aicore.core.Version
---@field aicore string
---@field libcurl string
---@field tls string                  libcurl's TLS library and its version
---@field http2 boolean               can libcurl speak it?

--- Of this module, of libcurl and of its TLS library.
---@type aicore.core.Version
core.version = nil

-- Sessions -----------------------------------------------------------------------------------------

--- A connection pool with its credentials and limits. It opens nothing before its first exchange, and survives a fork:
--- each process opens its own connections.
---@class aicore.core.Session: userdata
local Session = {}

--- Makes a session. What is wrong with the configuration is raised.
---@param config aicore.core.Config
---@return aicore.core.Session session
function core.session(config) end

--- Ends it: connections are closed, what is in flight is cancelled, secrets are wiped. May be called more than once.
---@return nil
function Session:close() end

--- Is it of no more use?
---@return boolean closed
function Session:closed() end

--- A descriptor that is readable whenever `step` has something to do, for an event loop. It stays the same until the
--- session is closed, or used in a forked child.
---@return integer fd
function Session:fd() end

--- Does what is to be done, and never waits.
---@return aicore.core.Transfer[] finished  since the last call, of those begun by `start`
function Session:step() end

--- Waits until `step` has something to do, or so long at most.
---@param seconds number
---@return boolean waited  false: a signal handler of the host wants control instead
function Session:wait(seconds) end

--- Uses another token from the next exchange on.
---@param token string
---@return nil
function Session:set_token(token) end

-- Transfers ----------------------------------------------------------------------------------------

--- One exchange in flight; when it is collected, it is cancelled.
---@class aicore.core.Transfer: userdata
local Transfer = {}

--- Begins an operation, and returns at once.
---@param session aicore.core.Session
---@param operation string  "status", "stop", … : the name of one of the operations below
---@param ... any           its arguments
---@return aicore.core.Transfer|nil transfer
---@return table? err       of kind "transport": it could not even be begun
function core.start(session, operation, ...) end

--- Would `result` return something?
---@return boolean finished
function Transfer:finished() end

--- Its result, once: what the blocking function of the same operation returns. nil while it is in flight.
---@return table|integer|nil reply
---@return table? err
---@return boolean? plain  model/shape.lua would find nothing odd about the reply; nil: it has to look
function Transfer:result() end

--- What there is to log of a finished transfer whose result was not taken yet.
---@return { status: integer?, seconds: number, request_id: string?, date: integer? }? info
---       no status: nothing was answered; date: by the service's own clock, s since the epoch
function Transfer:info() end

--- Ends it. Whether the service has acted on the request stays unknown.
---@return nil
function Transfer:cancel() end

-- Operations ---------------------------------------------------------------------------------------
-- Each is one blocking exchange; other transfers of the session go on meanwhile. Where a path below says deployments,
-- the option `resource` may say executions instead.

--- What is to be known of each operation, by its name. A table of its own for each Lua state.
---@type table<string, aicore.Operation>
core.operations = nil

--- `GET /lm/deployments/{id}`
---@param session aicore.core.Session
---@param id string                   4 to 64 letters, digits, `_`, `.` or `-`
---@param options aicore.core.StatusOptions?
---@return table|nil deployment       in the service's own field names
---@return table? err
function core.status(session, id, options) end

--- `GET /lm/deployments`, one page.
---@param session aicore.core.Session
---@param options aicore.core.PageOptions?
---@return { count: integer, resources: table[] }|nil page  at most `top` of them, 10,000 if not given
---@return table? err
function core.list(session, options) end

--- `GET /lm/deployments/$count`
---@param session aicore.core.Session
---@param options aicore.core.FilterOptions?
---@return integer|nil count
---@return table? err
function core.count(session, options) end

--- `POST /lm/deployments`. There is no idempotency key: an error that says `ambiguous` leaves open whether one was
--- created.
---@param session aicore.core.Session
---@param configuration_id string
---@param options aicore.core.CreateOptions?
---@return table|nil created          { id, message, status, deploymentUrl }
---@return table? err
function core.create(session, configuration_id, options) end

--- `PATCH /lm/deployments/{id}` with another configuration. Executions have no such operation.
---@param session aicore.core.Session
---@param id string
---@param configuration_id string
---@param options aicore.core.Options?
---@return table|nil accepted         { id, message }
---@return table? err
function core.update(session, id, configuration_id, options) end

--- `PATCH /lm/deployments/{id}` with `targetStatus: STOPPED`. It is accepted, and happens later.
---@param session aicore.core.Session
---@param id string
---@param options aicore.core.ResourceOptions?
---@return table|nil accepted         { id, message }
---@return table? err                 of kind "state" when its state forbids it
function core.stop(session, id, options) end

--- `DELETE /lm/deployments/{id}`, with the body that SAP's procedure "Delete a Single Deployment" shows. It is
--- accepted, and happens later.
---@param session aicore.core.Session
---@param id string
---@param options aicore.core.ResourceOptions?
---@return table|nil accepted         { id, message }
---@return table? err                 of kind "state" when its state forbids it
function core.delete(session, id, options) end

--- `PATCH /lm/deployments`: stops and deletes up to 100 by one request. Each has an answer of its own.
---@param session aicore.core.Session
---@param items aicore.core.Item[]    each id once
---@param options aicore.core.ResourceOptions?
---@return { deployments: table[] }|nil reply  or { executions: table[] }
---@return table? err
function core.batch(session, items, options) end

--- `GET /lm/deployments/{id}/logs`
---@param session aicore.core.Session
---@param id string
---@param options aicore.core.LogsOptions?
---@return { data: { result: table[] } }|nil reply
---@return table? err
function core.logs(session, id, options) end

--- `GET /lm/configurations`, one page.
---@param session aicore.core.Session
---@param options aicore.core.ConfigurationsOptions?
---@return { count: integer, resources: table[] }|nil page
---@return table? err
function core.configurations(session, options) end

--- `POST /lm/configurations`. There is no idempotency key, and the same one may exist twice.
---@param session aicore.core.Session
---@param body string                 a JSON object: name, scenarioId, executableId, …
---@param options aicore.core.Options?
---@return table|nil made             { id, message }
---@return table? err
function core.configure(session, body, options) end

--- `GET /lm/scenarios/foundation-models/models`
---@param session aicore.core.Session
---@param options aicore.core.Options?
---@return { resources: table[] }|nil reply
---@return table? err
function core.models(session, options) end

--- `GET /admin/resourceGroups`
---@param session aicore.core.Session
---@param options aicore.core.Options?
---@return { resources: table[] }|nil reply
---@return table? err
function core.resource_groups(session, options) end

--- `GET /admin/resourceQuota/deployments`
---@param session aicore.core.Session
---@param options aicore.core.Options?
---@return { usage: table?, quotas: table[] }|nil reply
---@return table? err
function core.quota(session, options) end

--- `GET /lm/meta`: what the service says that it can do.
---@param session aicore.core.Session
---@param options aicore.core.Options?
---@return table|nil meta
---@return table? err
function core.capabilities(session, options) end

--- Logs in at the session's `token_url` (OAuth 2.0 client credentials, RFC 6749, 4.4). The token goes into the session,
--- and never to Lua.
---@param session aicore.core.Session
---@param options aicore.core.Options?
---@return { expires_in: number? }|nil reply  s that the token will live
---@return table? err
function core.login(session, options) end

--- What is wrong with an operation's arguments, without sending anything.
---@param operation string
---@param ... any              its arguments, without the session
---@return string? complaint  nil: they are fine
function core.check(operation, ...) end

--- What is wrong with a value of a session's configuration. The value is not quoted: it may be a secret.
---@param name string   a field of aicore.core.Config
---@param value any
---@return string? complaint  nil: it is fine
function core.check_setting(name, value) end

-- Files --------------------------------------------------------------------------------------------

--- Who may read a file, as `chmod` counts.
---@param path string
---@return integer? mode  permission bits, 0 to 4095 (octal 7777); nil: there is no such file
function core.file_mode(path) end

--- The names in a folder, hidden ones too, in no order.
---@param path string
---@return string[]? names  nil: there is no such folder
function core.folder(path) end

--- What JSON means: null reads as an absent field (in a list as an empty object), a number without a fraction as an
--- integer.
---@param text string
---@param max_depth integer
---@return table|nil value      nil: it is no JSON, too deep, or neither an object nor a list
---@return string? complaint
function core.decode(text, max_depth) end

-- Time and chance, for those who wait --------------------------------------------------------------

--- Monotonic time.
---@return number seconds
function core.now() end

--- The time of day.
---@return number seconds  since 1970
function core.wall() end

--- Not for secrets.
---@return number random  from 0 to less than 1
function core.random() end

--- Sleeps.
---@param seconds number
---@return boolean slept  false: a signal handler of the host wants control earlier
function core.sleep(seconds) end

return core
