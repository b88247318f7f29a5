/* A whole exchange with a server that sends the input, whatever that is: libcurl's reading of status,
 * Retry-After, encodings and chunks included. The first byte chooses the operation.
 *
 * The network is a pair of sockets: libcurl's calls land in this program's functions first. */
#undef _GNU_SOURCE /* with it, the types of connect and others are not the standard's */
#define _DEFAULT_SOURCE 1

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "judge.h"
#include "session.h"

static input to_send;
static int far_ends[8]; /* libcurl may connect again where nothing came */
static size_t far_count;

#define REPLACEMENT __attribute__((visibility("default")))

REPLACEMENT int socket(int family, int type, int protocol) {
  (void)family, (void)type, (void)protocol;
  int pair[2];
  if (far_count == sizeof far_ends / sizeof far_ends[0]) return -1;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return -1;
  (void)!send(pair[1], to_send.at, to_send.left, MSG_NOSIGNAL | MSG_DONTWAIT);
  shutdown(pair[1], SHUT_WR);
  far_ends[far_count++] = pair[1];
  return pair[0];
}

REPLACEMENT int connect(int fd, const struct sockaddr *to, socklen_t size) {
  (void)fd, (void)to, (void)size;
  return 0;
}

static int name_end(struct sockaddr *address, socklen_t *size) {
  const struct sockaddr_in loopback = {
      .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  memcpy(address, &loopback, *size < sizeof loopback ? *size : sizeof loopback);
  *size = sizeof loopback;
  return 0;
}

REPLACEMENT int getpeername(int fd, struct sockaddr *address, socklen_t *size) {
  (void)fd;
  return name_end(address, size);
}

REPLACEMENT int getsockname(int fd, struct sockaddr *address, socklen_t *size) {
  (void)fd;
  return name_end(address, size);
}

static const struct {
  const char *operation, *call;
} calls[] = {{"status", "return core.status(session, 'd000')"},
    {"list", "return core.list(session, { top = 2 })"}, {"count", "return core.count(session)"},
    {"create", "return core.create(session, 'conf')"},
    {"delete", "return core.delete(session, 'd000')"},
    {"batch", "return core.batch(session, { { id = 'd000', targetStatus = 'STOPPED' } })"},
    {"login", "return core.login(session)"}};

static const char SESSION[] =
    "session = core.session { base_url = 'http://127.0.0.1:9', token = '" TOKEN
    "', client_id = 'me', client_secret = '" CLIENT_SECRET
    "', token_url = 'http://127.0.0.1:9/token', timeout = 20, max_response = 1e6 }";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lua_State *L = fuzz_state();
  to_send = (input){(const char *)data, size};
  const size_t chosen = take_choice(&to_send, sizeof calls / sizeof calls[0]);
  EXPECT(luaL_dostring(L, SESSION) == LUA_OK);
  EXPECT(luaL_loadstring(L, calls[chosen].call) == LUA_OK);
  call(L, 0, LUA_MULTRET);
  judge(L, aic_operation_find(calls[chosen].operation), lua_gettop(L));
  lua_settop(L, 0);
  EXPECT(luaL_dostring(L, "session:close() session = nil") == LUA_OK);
  while (far_count > 0) close(far_ends[--far_count]);
  return 0;
}
