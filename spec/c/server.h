/* What the C specs share: AI Core in a few lines, as threads of the test's own program, and a Lua
 * state with the module. */
#pragma once

#include <arpa/inet.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

int luaopen_aicore_core(lua_State *L);

#define SERVER_TOKEN "token-of-the-server-0123456789"

static atomic_int connections; /* that were ever accepted */
static atomic_int open_connections;
static int server_port;

/* The first row whose beginning and end fit the request line is the answer. */
static const struct {
  const char *begin, *end, *body;
  int status;
} answers[] = {
    {"POST /token", "", "{\"access_token\":\"" SERVER_TOKEN "\",\"expires_in\":3600}", 200},
    {"POST /misfit", "", "{\"access_token\":17}", 200},
    {"", "/missing", "{\"error\":{\"code\":\"E1\",\"message\":\"none\",\"details\":[{}]}}", 404},
    {"", "/html", "<html>no</html>", 500}, {"GET", "/$count", "3", 200},
    {"GET", "/logs", "{\"data\":{\"result\":[{\"msg\":\"line\"}]}}", 200},
    {"GET", "/lm/meta", "{\"aiApi\":{\"version\":\"2\"}}", 200},
    {"GET", "/lm/deployments", "{\"resources\":[{\"id\":\"d000\",\"n\":1,\"x\":null}]}", 200},
    {"GET /lm/deployments?", "", "{\"resources\":[{\"id\":\"d000\",\"n\":1,\"x\":null}]}", 200},
    {"PATCH", "/lm/deployments", "{\"deployments\":[{\"id\":\"d000\"}]}", 200},
    {"POST", "", "{\"id\":\"d001\",\"message\":\"yes\"}", 202},
    {"PATCH", "", "{\"id\":\"d000\",\"message\":\"yes\"}", 202},
    {"DELETE", "", "{\"id\":\"d000\",\"message\":\"yes\"}", 202},
    {"", "", "{\"status\":\"RUNNING\"}", 200}};

static bool answer(int fd, char *request) {
  char text[512];
  *strstr(request, " HTTP/1.1") = '\0';
  const size_t length = strlen(request);
  for (size_t i = 0;; i++) {
    const size_t tail = strlen(answers[i].end);
    if (strncmp(request, answers[i].begin, strlen(answers[i].begin)) != 0) continue;
    if (tail > length || strcmp(request + length - tail, answers[i].end) != 0) continue;
    const int size = snprintf(text, sizeof text,
        "HTTP/1.1 %d X\r\nX-Request-Id: r1\r\nContent-Length: %zu\r\n\r\n%s", answers[i].status,
        strlen(answers[i].body), answers[i].body);
    return send(fd, text, (size_t)size, MSG_NOSIGNAL) == size;
  }
}

/* The bytes of the request that the buffer begins with; 0: not all are here yet. */
static size_t request_length(const char *buffer, size_t length) {
  const char *end = strstr(buffer, "\r\n\r\n");
  if (end == NULL) return 0;
  const char *field = strstr(buffer, "Content-Length: ");
  const size_t body = field != NULL && field < end ? strtoul(field + 16, NULL, 10) : 0;
  const size_t whole = (size_t)(end - buffer) + 4 + body;
  return whole <= length ? whole : 0;
}

static void *serve(void *data) {
  const int fd = (int)(intptr_t)data;
  char request[8192];
  size_t length = 0;
  for (ssize_t got; (got = read(fd, request + length, sizeof request - 1 - length)) > 0;) {
    length += (size_t)got;
    request[length] = '\0';
    if (request_length(request, length) == 0) continue;
    length = 0; /* nobody sends two at once */
    if (!answer(fd, request)) break;
  }
  close(fd);
  atomic_fetch_sub(&open_connections, 1);
  return NULL;
}

static void *accept_all(void *data) {
  const int listener = (int)(intptr_t)data;
  for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) {
    atomic_fetch_add(&connections, 1);
    atomic_fetch_add(&open_connections, 1);
    pthread_t thread;
    pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd);
    pthread_detach(thread);
  }
  return NULL;
}

static inline void start_server(void) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  CHECK(bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 100) == 0);
  CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
  server_port = ntohs(address.sin_port);
  pthread_t thread;
  pthread_create(&thread, NULL, accept_all, (void *)(intptr_t)listener);
  pthread_detach(thread);
}

/* Opens the module and tells the state where the server is. */
static void open_module(lua_State *L) {
  luaL_openlibs(L);
  luaL_requiref(L, "aicore.core", luaopen_aicore_core, 0);
  lua_setglobal(L, "core");
  lua_pushinteger(L, server_port);
  lua_setglobal(L, "port");
}

/* Runs a chunk that ends without an error. */
static bool run(lua_State *L, const char *chunk) {
  if (luaL_dostring(L, chunk) == LUA_OK) return true;
  fprintf(stderr, "%s\n", lua_tostring(L, -1));
  lua_pop(L, 1);
  return false;
}
