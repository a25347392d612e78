#ifndef DREAMSIM_CURL_H
#define DREAMSIM_CURL_H

#include <curl/curl.h>

// libcurl brings some 25 libraries, whose loading takes a short run a fifth of its start, and few runs download anything. On
// Linux the program is not linked with it, therefore; `dreamsim_curl_start` loads it. Settings and readings are variadic in
// libcurl, which Swift cannot call: there is one function for each type.

/// Loads and starts libcurl. To be called once, before anything else of this header; the others may only be called when it
/// has returned 0.
int dreamsim_curl_start(void);

/// A new handle, or NULL.
CURL *dreamsim_curl_open(void);
/// Lets a handle go.
void dreamsim_curl_close(CURL *handle);

/// A list with one more text, which libcurl copies; NULL when there is no memory.
struct curl_slist *dreamsim_curl_append(struct curl_slist *list, const char *text);
/// Lets a list go.
void dreamsim_curl_free(struct curl_slist *list);

/// Sends the request and waits for the end of the answer.
CURLcode dreamsim_curl_perform(CURL *handle);
/// What a code means.
const char *dreamsim_curl_meaning(CURLcode code);

/// Sets an option that is a number.
CURLcode dreamsim_curl_set_number(CURL *handle, CURLoption option, long value);
/// Sets an option that is a text, which libcurl copies; NULL for none.
CURLcode dreamsim_curl_set_text(CURL *handle, CURLoption option, const char *value);
/// Sets the header fields of the request, which must outlive it.
CURLcode dreamsim_curl_set_fields(CURL *handle, struct curl_slist *fields);
/// Sets the memory for the words of an error: CURL_ERROR_SIZE bytes that outlive the handle.
CURLcode dreamsim_curl_set_message(CURL *handle, char *message);

/// Sets who is given each line of the answer's head.
CURLcode dreamsim_curl_on_line(CURL *handle, curl_write_callback call, void *context);
/// Sets who is given each piece of the answer's body.
CURLcode dreamsim_curl_on_piece(CURL *handle, curl_write_callback call, void *context);
/// Sets who is asked about once a second, and more often while bytes come, whether to continue.
CURLcode dreamsim_curl_on_progress(CURL *handle, curl_xferinfo_callback call, void *context);

/// Lets nothing but http and https be spoken.
CURLcode dreamsim_curl_only_http(CURL *handle);
/// Takes the proxy for one that speaks http, and is given a name and a password without asking for them (RFC 7617).
CURLcode dreamsim_curl_plain_proxy(CURL *handle);
/// Lets an end not wait for an answer of the name service, where libcurl can do without (from 7.87 on).
void dreamsim_curl_leave_resolver(CURL *handle);

/// Whether the connection, with its TLS, is there, and the request is on its way.
int dreamsim_curl_is_connected(CURL *handle);

#endif
