/* Verifications without end, each as `tallystick verify` makes it. */
#include "tests/fault/driver/driver.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "server/store/verifier.h"

enum { NOTE_BYTES = 4096 };

static const char *read_note(const char *path, char note[NOTE_BYTES])
{
    FILE *file = fopen(path, "rb");
    size_t length = file != NULL ? fread(note, 1, NOTE_BYTES - 1, file) : 0;
    note[length] = 0;
    if (file != NULL) {
        fclose(file);
    }
    return note;
}

int driver_verify(void)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        char note[NOTE_BYTES];
        struct verify_report report;
        line[strcspn(line, "\n")] = 0;
        char *path = strchr(line, '\t');
        if (path != NULL) {
            *path++ = 0;
        }
        struct verifier_job job = { .checkpoint = path != NULL ? read_note(path, note) : NULL };
        enum status status = verifier_run(line, &job, &report);
        if (status != STATUS_OK) {
            printf("failed %s\n", status_name(status));
        } else if (report.is_ok) {
            printf("ok %" PRIu64 "\n", report.entries);
        } else {
            text_make_line(report.reason, strlen(report.reason)); /* may quote what a damaged file holds */
            printf("broken %" PRIu64 " %s %s\n", report.first_broken, report.code, report.reason);
        }
        fflush(stdout);
    }
    free(line);
    return 0;
}
