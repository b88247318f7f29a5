#include "sigpipe.h"

#include <curl/curl.h>
#include <stddef.h>
#include <string.h>

#include "array.h"

/* Those that write through libcurl, which says MSG_NOSIGNAL (or SO_NOSIGPIPE), and since when:
 * lib/vtls/openssl.c and gtls.c, "bio_cf_out_write" and "gtls_push". */
static const struct {
  const char *name;
  unsigned since;
} quiet[] = {{"OpenSSL/", 0x075700}, {"LibreSSL/", 0x075700}, {"GnuTLS/", 0}};

bool aic_sigpipe_is_likely(void) {
  const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
  const char *tls = curl->ssl_version != NULL ? curl->ssl_version : "";
  for (size_t i = 0; i < COUNT(quiet); i++) {
    const bool is_it = strncmp(tls, quiet[i].name, strlen(quiet[i].name)) == 0;
    if (is_it && curl->version_num >= quiet[i].since) return false;
  }
  return true;
}

static sigset_t only_sigpipe(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}

static bool is_pending(void) {
  sigset_t pending;
  sigemptyset(&pending);
  sigpending(&pending);
  return sigismember(&pending, SIGPIPE) == 1;
}

sigpipe_guard aic_sigpipe_hold(bool needed) {
  sigpipe_guard guard = {.active = needed};
  if (!needed) return guard;
  const sigset_t set = only_sigpipe();
  guard.was_pending = is_pending();
  pthread_sigmask(SIG_BLOCK, &set, &guard.before);
  return guard;
}

void aic_sigpipe_release(const sigpipe_guard *guard) {
  if (!guard->active) return;
  if (!guard->was_pending && is_pending()) {
    const sigset_t set = only_sigpipe();
    int taken;
    sigwait(&set, &taken); /* it is pending, so this does not wait */
  }
  pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}
