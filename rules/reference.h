#ifndef RULES_REFERENCE_H
#define RULES_REFERENCE_H

struct province;
struct province_request;

/* The columns that a request decides, all but code, version and seq. Texts are borrowed. */
void province_from_request(const struct province_request *request, struct province *row);

#endif
