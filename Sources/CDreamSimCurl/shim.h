#ifndef DREAMSIM_CURL_SHIM_H
#define DREAMSIM_CURL_SHIM_H

#include <curl/curl.h>

/* Settings and readings are variadic in libcurl, which Swift cannot call: one function for each type. */

/// Sets an option that is a number.
static inline CURLcode dreamsim_curl_set_number(CURL *handle, CURLoption option, long value) {
    return (curl_easy_setopt)(handle, option, value);
}

/// Sets an option that is a text, which libcurl copies; NULL for none.
static inline CURLcode dreamsim_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return (curl_easy_setopt)(handle, option, value);
}

/// Sets the header fields of the request, which must outlive it.
static inline CURLcode dreamsim_curl_set_fields(CURL *handle, struct curl_slist *fields) {
    return (curl_easy_setopt)(handle, CURLOPT_HTTPHEADER, fields);
}

/// Sets the memory for the words of an error: CURL_ERROR_SIZE bytes that outlive the handle.
static inline CURLcode dreamsim_curl_set_message(CURL *handle, char *message) {
    return (curl_easy_setopt)(handle, CURLOPT_ERRORBUFFER, message);
}

/// Sets who is given each line of the answer's head.
static inline CURLcode dreamsim_curl_on_line(CURL *handle, curl_write_callback call, void *context) {
    CURLcode code = (curl_easy_setopt)(handle, CURLOPT_HEADERFUNCTION, call);
    return code ? code : (curl_easy_setopt)(handle, CURLOPT_HEADERDATA, context);
}

/// Sets who is given each piece of the answer's body.
static inline CURLcode dreamsim_curl_on_piece(CURL *handle, curl_write_callback call, void *context) {
    CURLcode code = (curl_easy_setopt)(handle, CURLOPT_WRITEFUNCTION, call);
    return code ? code : (curl_easy_setopt)(handle, CURLOPT_WRITEDATA, context);
}

/// Sets who is asked about once a second, and more often while bytes come, whether to continue.
static inline CURLcode dreamsim_curl_on_progress(CURL *handle, curl_xferinfo_callback call, void *context) {
    CURLcode code = (curl_easy_setopt)(handle, CURLOPT_XFERINFOFUNCTION, call);
    if (!code) code = (curl_easy_setopt)(handle, CURLOPT_XFERINFODATA, context);
    return code ? code : (curl_easy_setopt)(handle, CURLOPT_NOPROGRESS, 0L);
}

/// Lets nothing but http and https be spoken.
static inline CURLcode dreamsim_curl_only_http(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return (curl_easy_setopt)(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return (curl_easy_setopt)(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/// Takes the proxy for one that speaks http, and is given a name and a password without asking for them (RFC 7617).
static inline CURLcode dreamsim_curl_plain_proxy(CURL *handle) {
    CURLcode code = (curl_easy_setopt)(handle, CURLOPT_PROXYTYPE, (long)CURLPROXY_HTTP);
    return code ? code : (curl_easy_setopt)(handle, CURLOPT_PROXYAUTH, (long)CURLAUTH_BASIC);
}

/// Lets an end not wait for an answer of the name service, where libcurl can do without (from 7.87 on).
static inline void dreamsim_curl_leave_resolver(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075700
    (curl_easy_setopt)(handle, CURLOPT_QUICK_EXIT, 1L);
#endif
}

/// Whether the connection, with its TLS, is there, and the request is on its way.
static inline int dreamsim_curl_is_connected(CURL *handle) {
    curl_off_t microseconds = 0;
    return (curl_easy_getinfo)(handle, CURLINFO_PRETRANSFER_TIME_T, &microseconds) == CURLE_OK && microseconds > 0;
}

#endif
