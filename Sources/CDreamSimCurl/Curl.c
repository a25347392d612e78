#include "CDreamSimCurl.h"

// Every function of libcurl that is in use, by its last name.
#define FUNCTIONS(X) \
    X(global_init) X(easy_init) X(easy_cleanup) X(easy_perform) X(easy_strerror) X(easy_setopt) X(easy_getinfo) \
    X(slist_append) X(slist_free_all)

// In parentheses, because some are macros too.
#define POINTER(name) __typeof__(&(curl_##name)) name;

#if defined(__APPLE__)
// A part of the system there.
#define ADDRESS(name) .name = &(curl_##name),
static const struct { FUNCTIONS(POINTER) } curl = {FUNCTIONS(ADDRESS)};

static int load(void) { return 0; }
#else
#include <dlfcn.h>

static struct { FUNCTIONS(POINTER) } curl;

static int load(void) {
    // The name has been the same since libcurl 7.16.
    void *library = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);
    if (!library) return -1;
#define LOOK_UP(name) \
    curl.name = (__typeof__(curl.name))dlsym(library, "curl_" #name); \
    if (!curl.name) return -1;
    FUNCTIONS(LOOK_UP)
    return 0;
}
#endif

int dreamsim_curl_start(void) { return load() || curl.global_init(CURL_GLOBAL_ALL) != CURLE_OK ? -1 : 0; }

CURL *dreamsim_curl_open(void) { return curl.easy_init(); }
void dreamsim_curl_close(CURL *handle) { curl.easy_cleanup(handle); }

struct curl_slist *dreamsim_curl_append(struct curl_slist *list, const char *text) {
    return curl.slist_append(list, text);
}
void dreamsim_curl_free(struct curl_slist *list) { curl.slist_free_all(list); }

CURLcode dreamsim_curl_perform(CURL *handle) { return curl.easy_perform(handle); }
const char *dreamsim_curl_meaning(CURLcode code) { return curl.easy_strerror(code); }

CURLcode dreamsim_curl_set_number(CURL *handle, CURLoption option, long value) {
    return curl.easy_setopt(handle, option, value);
}
CURLcode dreamsim_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl.easy_setopt(handle, option, value);
}
CURLcode dreamsim_curl_set_fields(CURL *handle, struct curl_slist *fields) {
    return curl.easy_setopt(handle, CURLOPT_HTTPHEADER, fields);
}
CURLcode dreamsim_curl_set_message(CURL *handle, char *message) {
    return curl.easy_setopt(handle, CURLOPT_ERRORBUFFER, message);
}

CURLcode dreamsim_curl_on_line(CURL *handle, curl_write_callback call, void *context) {
    CURLcode code = curl.easy_setopt(handle, CURLOPT_HEADERFUNCTION, call);
    return code ? code : curl.easy_setopt(handle, CURLOPT_HEADERDATA, context);
}
CURLcode dreamsim_curl_on_piece(CURL *handle, curl_write_callback call, void *context) {
    CURLcode code = curl.easy_setopt(handle, CURLOPT_WRITEFUNCTION, call);
    return code ? code : curl.easy_setopt(handle, CURLOPT_WRITEDATA, context);
}
CURLcode dreamsim_curl_on_progress(CURL *handle, curl_xferinfo_callback call, void *context) {
    CURLcode code = curl.easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, call);
    if (!code) code = curl.easy_setopt(handle, CURLOPT_XFERINFODATA, context);
    return code ? code : curl.easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
}

CURLcode dreamsim_curl_only_http(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return curl.easy_setopt(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}
CURLcode dreamsim_curl_plain_proxy(CURL *handle) {
    CURLcode code = curl.easy_setopt(handle, CURLOPT_PROXYTYPE, (long)CURLPROXY_HTTP);
    return code ? code : curl.easy_setopt(handle, CURLOPT_PROXYAUTH, (long)CURLAUTH_BASIC);
}
void dreamsim_curl_leave_resolver(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075700
    curl.easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
#else
    (void)handle;
#endif
}

int dreamsim_curl_is_connected(CURL *handle) {
    curl_off_t microseconds = 0;
    return curl.easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &microseconds) == CURLE_OK && microseconds > 0;
}
