/* delay FILE MS: a server on a free port of loopback that answers every request with the file, MS milliseconds later.
 * nginx cannot wait without further modules. Prints its port; ends on a signal. HTTP/1.1, kept alive, no more. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "raw.h"

enum { MOST = 65536, ROOM = 8192 };

/* All wait equally long, so that whoever came first is due first. */
static struct {
  int fd;
  double due;
} queue[MOST];
static uint32_t head, tail;

static int listen_anywhere(void) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, 4096) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
    die("delay: cannot listen");
  }
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

static void watch(int epoll, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void greet(int epoll, int listener) {
  const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  const int yes = 1;
  if (fd < 0) return;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  watch(epoll, fd);
}

/* A request is small and comes in one piece; so every piece is one. */
static void take(int fd, double delay) {
  char request[ROOM];
  if (read(fd, request, sizeof request) <= 0) {
    for (uint32_t i = head; i != tail; i++) {
      if (queue[i % MOST].fd == fd) queue[i % MOST].fd = -1;
    }
    close(fd);
    return;
  }
  queue[tail % MOST].fd = fd;
  queue[tail % MOST].due = wall() + delay;
  tail++;
}

static void answer_due(const char *answer, size_t length) {
  const double now = wall();
  for (; head != tail && queue[head % MOST].due <= now; head++) {
    const int fd = queue[head % MOST].fd;
    if (fd >= 0 && write(fd, answer, length) != (ssize_t)length) shutdown(fd, SHUT_RDWR);
  }
}

/* The answer, head and body. */
static char *read_answer(const char *path, size_t *length) {
  FILE *file = fopen(path, "r");
  static char body[ROOM], answer[2 * ROOM];
  if (file == NULL) die("delay: no such file");
  const size_t size = fread(body, 1, sizeof body - 1, file);
  fclose(file);
  *length = (size_t)snprintf(answer, sizeof answer,
                             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                             "Content-Length: %zu\r\n\r\n%s",
                             size, body);
  return answer;
}

int main(int count, char **words) {
  if (count != 3) die("usage: delay FILE MS");
  size_t length;
  const char *answer = read_answer(words[1], &length);
  const double delay = atof(words[2]) / 1000;
  const int epoll = epoll_create1(0), listener = listen_anywhere();
  watch(epoll, listener);
  for (;;) {
    struct epoll_event events[256];
    const double left = head != tail ? queue[head % MOST].due - wall() : 1;
    const int found = epoll_wait(epoll, events, 256, left > 0 ? (int)(left * 1000) + 1 : 0);
    for (int i = 0; i < found; i++) {
      if (events[i].data.fd == listener) {
        greet(epoll, listener);
      } else {
        take(events[i].data.fd, delay);
      }
    }
    answer_due(answer, length);
  }
}
