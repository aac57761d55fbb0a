/*
 * pin_write: the policy that saved replies make, see pin.h.
 *
 * Comments say for each member whether all replies agree, and for each value
 * that not all have, whose it is.
 */

#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "pin.h"

#define IOATTEST_PIN_BRIEF  32
#define IOATTEST_PIN_LINE   64

typedef enum {
    IOATTEST_PIN_FILE = 0,
    IOATTEST_PIN_TDX,
    IOATTEST_PIN_SNP,
    IOATTEST_PIN_GPU,
    IOATTEST_PIN_SECTIONS
} ioattest_pin_section_e;

typedef struct {
    ioattest_pin_section_e  section;
    const char             *name;
    int                     number;     /* a number, and not a list */
    int                     machine;    /* names one machine */
} ioattest_pin_member_t;

static const ioattest_pin_member_t  ioattest_pin_members[IOATTEST_PINS] = {
    [IOATTEST_PIN_IMAGE] = { IOATTEST_PIN_FILE, "image_digests", 0, 0 },
    [IOATTEST_PIN_MR_TD] = { IOATTEST_PIN_TDX, "mr_td", 0, 0 },
    [IOATTEST_PIN_MR_SEAM] = { IOATTEST_PIN_TDX, "mr_seam", 0, 0 },
    [IOATTEST_PIN_MR_CONFIG_ID] = { IOATTEST_PIN_TDX, "mr_config_id", 0, 0 },
    [IOATTEST_PIN_RTMR0] = { IOATTEST_PIN_TDX, "rtmr0", 0, 0 },
    [IOATTEST_PIN_RTMR1] = { IOATTEST_PIN_TDX, "rtmr1", 0, 0 },
    [IOATTEST_PIN_RTMR2] = { IOATTEST_PIN_TDX, "rtmr2", 0, 0 },
    [IOATTEST_PIN_RTMR3] = { IOATTEST_PIN_TDX, "rtmr3", 0, 0 },
    [IOATTEST_PIN_FMSPC] = { IOATTEST_PIN_TDX, "fmspc", 0, 0 },
    [IOATTEST_PIN_PPID] = { IOATTEST_PIN_TDX, "ppid", 0, 1 },
    [IOATTEST_PIN_MEASUREMENT] = { IOATTEST_PIN_SNP, "measurement", 0, 0 },
    [IOATTEST_PIN_HOST_DATA] = { IOATTEST_PIN_SNP, "host_data", 0, 0 },
    [IOATTEST_PIN_VMPL] = { IOATTEST_PIN_SNP, "vmpl", 1, 0 },
    [IOATTEST_PIN_PRODUCT] = { IOATTEST_PIN_SNP, "products", 0, 0 },
    [IOATTEST_PIN_CHIP_ID] = { IOATTEST_PIN_SNP, "chip_id", 0, 1 },
    [IOATTEST_PIN_ARCH] = { IOATTEST_PIN_GPU, "arch", 0, 0 },
    [IOATTEST_PIN_MODE] = { IOATTEST_PIN_GPU, "modes", 0, 0 },
    [IOATTEST_PIN_DRIVER] = { IOATTEST_PIN_GPU, "driver_versions", 0, 0 },
    [IOATTEST_PIN_VBIOS] = { IOATTEST_PIN_GPU, "vbios_versions", 0, 0 },
    [IOATTEST_PIN_COUNT] = { IOATTEST_PIN_GPU, "count", 1, 0 },
    [IOATTEST_PIN_UEID] = { IOATTEST_PIN_GPU, "ueid", 0, 1 }
};

static const char *const  ioattest_pin_sections[IOATTEST_PIN_SECTIONS] = {
    "", "tdx", "sev_snp", "gpu"
};

/*
 * No measurement is all zeros: listed alone, it refuses a kind of CPU that no
 * reply has.  With no list any machine of that kind would be accepted.
 */
static const char  ioattest_pin_nothing[] =
    "000000000000000000000000000000000000000000000000"
    "000000000000000000000000000000000000000000000000";


/* Text within a JSON string, escaped where a terminal would act on it. */
static void
ioattest_pin_text(FILE *out, const char *text)
{
    size_t          n, len = strlen(text);
    uint32_t        code;
    const uint8_t  *p = (const uint8_t *) text;

    for ( ; len > 0; p += n, len -= n) {
        n = ioa_utf8_char(p, len);

        if (n == 0) {
            n = 1;
            fputc('?', out);
            continue;
        }

        code = ioa_utf8_code(p, n);

        if (ioa_utf8_hidden(code)) {
            fputc('?', out);

        } else if (code == '"' || code == '\\') {
            fprintf(out, "\\%c", (int) code);

        } else {
            fwrite(p, 1, n, out);
        }
    }
}


/* 1 if the reply is of a kind that has a value for the member. */
static int
ioattest_pin_speaks(const ioattest_pin_t *pin, size_t reply,
    ioattest_pin_e what)
{
    switch (ioattest_pin_members[what].section) {

    case IOATTEST_PIN_TDX:
        return pin->replies[reply].cpu == IOA_CPU_TDX;

    case IOATTEST_PIN_SNP:
        return pin->replies[reply].cpu == IOA_CPU_SEV_SNP;

    case IOATTEST_PIN_GPU:
        return pin->gpus;

    default:
        return 1;
    }
}


/* The first reply with the same value as this one. */
static size_t
ioattest_pin_first(const ioattest_pin_t *pin, size_t reply,
    ioattest_pin_e what)
{
    size_t  i;

    for (i = 0; i < reply; i++) {
        if (ioattest_pin_speaks(pin, i, what)
            && strcmp(pin->replies[i].value[what],
                      pin->replies[reply].value[what]) == 0)
        {
            break;
        }
    }

    return i;
}


/*
 * Returns: how many values the member has in the replies that can have one.
 * Out: *silent, how many of those replies have none.
 */
static size_t
ioattest_pin_count(const ioattest_pin_t *pin, ioattest_pin_e what,
    size_t *silent)
{
    size_t  i, n = 0;

    *silent = 0;

    for (i = 0; i < pin->n; i++) {

        if (!ioattest_pin_speaks(pin, i, what)) {
            continue;
        }

        if (pin->replies[i].value[what][0] == '\0') {
            (*silent)++;

        } else if (ioattest_pin_first(pin, i, what) == i) {
            n++;
        }
    }

    return n;
}


/*
 * 1 if the member is written: not where a reply lacks it, which the policy
 * would then refuse.
 */
static int
ioattest_pin_pins(const ioattest_pin_t *pin, ioattest_pin_e what)
{
    size_t  n, silent;

    n = ioattest_pin_count(pin, what, &silent);

    if (n == 0 || silent != 0
        || (ioattest_pin_members[what].machine && !pin->machines))
    {
        return 0;
    }

    return !ioattest_pin_members[what].number || n == 1;
}


/* Names the replies that have this value; NULL: all that can have one. */
static void
ioattest_pin_names(FILE *out, const ioattest_pin_t *pin, ioattest_pin_e what,
    const char *value)
{
    size_t       i;
    const char  *between = "";

    for (i = 0; i < pin->n; i++) {
        if (ioattest_pin_speaks(pin, i, what)
            && (value == NULL
                || strcmp(pin->replies[i].value[what], value) == 0))
        {
            fputs(between, out);
            ioattest_pin_text(out, pin->replies[i].path);
            between = ", ";
        }
    }
}


/* Each value of a member, its beginning where it is long, and whose it is. */
static void
ioattest_pin_differs(FILE *out, const ioattest_pin_t *pin,
    ioattest_pin_e what)
{
    char         brief[IOATTEST_PIN_BRIEF + 1];
    size_t       i;
    const char  *value, *between = " ";

    for (i = 0; i < pin->n; i++) {

        if (!ioattest_pin_speaks(pin, i, what)
            || ioattest_pin_first(pin, i, what) != i)
        {
            continue;
        }

        value = pin->replies[i].value[what];
        (void) snprintf(brief, sizeof(brief), "%s", value);

        fputs(between, out);
        ioattest_pin_text(out, value[0] == '\0' ? "none" : brief);
        fputs(strlen(value) > IOATTEST_PIN_BRIEF ? "... (" : " (", out);
        ioattest_pin_names(out, pin, what, value);
        fputc(')', out);
        between = "; ";
    }
}


/* A sentence of the section's comment on one member. */
static void
ioattest_pin_comment(FILE *out, const ioattest_pin_t *pin,
    ioattest_pin_e what)
{
    size_t                        n, silent;
    const ioattest_pin_member_t  *member = &ioattest_pin_members[what];

    n = ioattest_pin_count(pin, what, &silent);

    if (n == 0) {
        fprintf(out, " %s is not pinned: no reply names one.", member->name);

    } else if (member->machine && !pin->machines) {
        fprintf(out, " %s is not pinned: see --machines.", member->name);

    } else if (n == 1 && silent == 0) {
        fprintf(out, " %s is the same in all.", member->name);

    } else {
        fprintf(out, " %s %s:", member->name,
                ioattest_pin_pins(pin, what) ? "differs, any of these will do"
                                             : "is not pinned");
        ioattest_pin_differs(out, pin, what);
        fputc('.', out);
    }
}


/* 1 if one of the replies before has this word in its value. */
static int
ioattest_pin_before(const ioattest_pin_t *pin, size_t reply,
    ioattest_pin_e what, const char *word, size_t n)
{
    size_t       i;
    const char  *p;

    for (i = 0; i < reply; i++) {
        p = ioattest_pin_speaks(pin, i, what) ? pin->replies[i].value[what]
                                              : NULL;

        while (p != NULL) {
            if (strncmp(p, word, n) == 0
                && (p[n] == '\0' || p[n] == IOATTEST_PIN_BETWEEN[0]))
            {
                return 1;
            }

            p = strstr(p, IOATTEST_PIN_BETWEEN);
            p = p != NULL ? p + strlen(IOATTEST_PIN_BETWEEN) : NULL;
        }
    }

    return 0;
}


/* The UEIDs of a reply, but for those that a reply before has too. */
static void
ioattest_pin_several(FILE *out, const ioattest_pin_t *pin, size_t reply,
    ioattest_pin_e what, const char **between)
{
    size_t       n;
    const char  *p, *end;

    for (p = pin->replies[reply].value[what]; p != NULL; p = end) {
        end = strstr(p, IOATTEST_PIN_BETWEEN);
        n = end != NULL ? (size_t) (end - p) : strlen(p);
        end = end != NULL ? end + strlen(IOATTEST_PIN_BETWEEN) : NULL;

        if (!ioattest_pin_before(pin, reply, what, p, n)) {
            fprintf(out, "%s\"%.*s\"", *between, (int) n, p);
            *between = ",\n             ";
        }
    }
}


static void
ioattest_pin_member(FILE *out, const ioattest_pin_t *pin,
    ioattest_pin_e what, const char *indent)
{
    size_t       i;
    const char  *between = "";

    if (!ioattest_pin_pins(pin, what)) {
        return;
    }

    fprintf(out, ",\n%s\"%s\": ", indent, ioattest_pin_members[what].name);

    if (!ioattest_pin_members[what].number) {
        fputc('[', out);
    }

    for (i = 0; i < pin->n; i++) {

        if (!ioattest_pin_speaks(pin, i, what)
            || ioattest_pin_first(pin, i, what) != i)
        {
            continue;
        }

        if (ioattest_pin_members[what].number) {
            fputs(pin->replies[i].value[what], out);
            return;
        }

        if (what == IOATTEST_PIN_UEID) {
            ioattest_pin_several(out, pin, i, what, &between);
            continue;
        }

        fprintf(out, "%s\"", between);
        ioattest_pin_text(out, pin->replies[i].value[what]);
        fputc('"', out);
        between = ", ";
    }

    fputc(']', out);
}


static void
ioattest_pin_list(FILE *out, const char *before, const char *name,
    const ioa_policy_list_t *list)
{
    size_t  i;

    fprintf(out, "%s\"%s\": [", before, name);

    for (i = 0; i < list->n; i++) {
        fprintf(out, "%s\"", i == 0 ? "" : ", ");
        ioattest_pin_text(out, list->words[i]);
        fputc('"', out);
    }

    fputc(']', out);
}


static void
ioattest_pin_rule_list(FILE *out, const char *name,
    const ioa_policy_list_t *list)
{
    if (list->n != 0) {
        ioattest_pin_list(out, ",\n    ", name, list);
    }
}


static void
ioattest_pin_rule_number(FILE *out, const char *name,
    const ioa_policy_number_t *number, const char *quote, const char *unit)
{
    if (number->given) {
        fprintf(out, ",\n    \"%s\": %s%" PRId64 "%s%s", name, quote,
                number->value, unit, quote);
    }
}


static void
ioattest_pin_rules_tdx(FILE *out, const ioa_policy_file_t *rules)
{
    ioattest_pin_rule_list(out, "tcb_status", &rules->tcb_status);
    ioattest_pin_rule_number(out, "tcb_grace", &rules->tcb_grace, "\"", "s");
    ioattest_pin_rule_list(out, "advisories_allowed",
                           &rules->advisories_allowed);
    ioattest_pin_rule_number(out, "min_evaluation", &rules->min_evaluation,
                             "", "");

    if (rules->sept_ve_disable.given) {
        fprintf(out, ",\n    \"sept_ve_disable\": %s",
                rules->sept_ve_disable.value ? "true" : "false");
    }
}


static void
ioattest_pin_rules_provisional(FILE *out, const ioa_policy_file_t *rules)
{
    if (rules->provisional.given) {
        fprintf(out, ",\n    \"provisional\": %s",
                rules->provisional.value ? "true" : "false");
    }
}


static void
ioattest_pin_rules_bits(FILE *out, const char *name,
    const ioa_policy_bits_t *bits)
{
    if (bits->require.n != 0 || bits->refuse.n != 0) {
        fprintf(out, ",\n    \"%s\": {", name);
        ioattest_pin_list(out, "", "require", &bits->require);
        ioattest_pin_list(out, ", ", "refuse", &bits->refuse);
        fputc('}', out);
    }
}


static void
ioattest_pin_rules_snp(FILE *out, const ioa_policy_file_t *rules)
{
    size_t       product, svn;
    const char  *open, *between;

    static const char *const  products[IOA_POLICY_PRODUCTS] = {
        "Milan", "Genoa", "Turin"
    };
    static const char *const  svns[IOA_POLICY_SNP_SVNS] = {
        "bootloader", "tee", "snp", "microcode", "fmc"
    };

    open = ",\n    \"min_tcb\": {";

    for (product = 0; product < IOA_POLICY_PRODUCTS; product++) {
        between = "";

        for (svn = 0; svn < IOA_POLICY_SNP_SVNS; svn++) {

            if (!rules->min_tcb[product][svn].given) {
                continue;
            }

            if (between[0] == '\0') {
                fprintf(out, "%s\"%s\": {", open, products[product]);
                open = ", ";
            }

            fprintf(out, "%s\"%s\": %" PRId64, between, svns[svn],
                    rules->min_tcb[product][svn].value);
            between = ", ";
        }

        if (between[0] != '\0') {
            fputc('}', out);
        }
    }

    if (strcmp(open, ", ") == 0) {
        fputc('}', out);
    }

    ioattest_pin_rules_bits(out, "platform_info", &rules->platform_info);
    ioattest_pin_rules_bits(out, "policy", &rules->guest_policy);
    ioattest_pin_rules_provisional(out, rules);
}


/* 1 if a reply is of the section. */
static int
ioattest_pin_has(const ioattest_pin_t *pin, ioattest_pin_section_e section)
{
    size_t  i, what;

    for (what = 0; ioattest_pin_members[what].section != section; what++) {
        /* the first member */
    }

    for (i = 0; i < pin->n; i++) {
        if (ioattest_pin_speaks(pin, i, (ioattest_pin_e) what)) {
            return 1;
        }
    }

    return 0;
}


/* The rest of a comment that has begun, and the members behind it. */
static void
ioattest_pin_members_write(FILE *out, const ioattest_pin_t *pin,
    ioattest_pin_section_e section)
{
    size_t       what;
    const char  *indent = section == IOATTEST_PIN_FILE ? "  " : "    ";

    for (what = 0; what < IOATTEST_PINS; what++) {
        if (ioattest_pin_members[what].section == section) {
            ioattest_pin_comment(out, pin, (ioattest_pin_e) what);
        }
    }

    fputc('"', out);

    for (what = 0; what < IOATTEST_PINS; what++) {
        if (ioattest_pin_members[what].section == section) {
            ioattest_pin_member(out, pin, (ioattest_pin_e) what, indent);
        }
    }
}


static void
ioattest_pin_section(FILE *out, const ioattest_pin_t *pin,
    ioattest_pin_section_e section)
{
    ioattest_pin_e  what;

    fprintf(out, ",\n\n  \"%s\": {\n    \"comment\": \"",
            ioattest_pin_sections[section]);

    if (ioattest_pin_has(pin, section)) {
        what = section == IOATTEST_PIN_TDX ? IOATTEST_PIN_MR_TD
               : section == IOATTEST_PIN_SNP ? IOATTEST_PIN_MEASUREMENT
               : IOATTEST_PIN_ARCH;

        fputs("Said by ", out);
        ioattest_pin_names(out, pin, what, NULL);
        fputc('.', out);
        ioattest_pin_members_write(out, pin, section);

    } else if (section == IOATTEST_PIN_GPU) {
        fputs("GPU evidence was not verified: nothing is pinned.\"", out);

    } else {
        fprintf(out, "No reply was of this kind: no machine of it fits. Say "
                "so in ioattest_cpu too.\",\n    \"%s\": [\"%s\"]",
                section == IOATTEST_PIN_TDX ? "mr_td" : "measurement",
                ioattest_pin_nothing);
    }

    if (section == IOATTEST_PIN_TDX) {
        ioattest_pin_rules_tdx(out, pin->rules);

    } else if (section == IOATTEST_PIN_SNP) {
        ioattest_pin_rules_snp(out, pin->rules);

    } else {
        ioattest_pin_rule_number(out, "reference_expired",
                                 &pin->rules->reference_expired, "\"", "s");
    }

    fputs("\n  }", out);
}


void
ioattest_pin_write(FILE *out, const ioattest_pin_t *pin)
{
    size_t  i;

    fprintf(out, "{\n  \"comment\": \"Made by ioattest %s pin from replies "
            "that verified:", IOATTEST_VERSION);

    for (i = 0; i < pin->n; i++) {
        fputs(i == 0 ? " " : ", ", out);
        ioattest_pin_text(out, pin->replies[i].path);
    }

    fputs(". This is trust on first use: it says what these machines ran on "
          "that day, and nobody has said that it is good. Compare it with "
          "what the provider publishes.", out);

    ioattest_pin_members_write(out, pin, IOATTEST_PIN_FILE);

    for (i = IOATTEST_PIN_TDX; i < IOATTEST_PIN_SECTIONS; i++) {
        ioattest_pin_section(out, pin, (ioattest_pin_section_e) i);
    }

    fputs("\n}\n", out);
}


int
ioattest_pin_lost(const ioattest_pin_t *pin, const char *line)
{
    char    name[IOATTEST_PIN_LINE];
    size_t  i;

    if (strncmp(line, "- ", 2) != 0) {
        return 0;
    }

    for (i = 0; i < IOATTEST_PINS; i++) {
        (void) snprintf(name, sizeof(name), "- %s%s%s = ",
                   ioattest_pin_sections[ioattest_pin_members[i].section],
                   ioattest_pin_members[i].section == IOATTEST_PIN_FILE
                   ? "" : ".", ioattest_pin_members[i].name);

        if (strncmp(line, name, strlen(name)) == 0) {
            return !ioattest_pin_pins(pin, (ioattest_pin_e) i);
        }
    }

    return 1;
}


const char *
ioattest_pin_unnamed(const ioattest_pin_t *pin)
{
    size_t  i, what;

    for (what = 0; what < IOATTEST_PINS; what++) {
        for (i = 0; i < pin->n; i++) {
            if (ioattest_pin_members[what].machine
                && ioattest_pin_speaks(pin, i, (ioattest_pin_e) what)
                && pin->replies[i].value[what][0] == '\0')
            {
                return pin->replies[i].path;
            }
        }
    }

    return NULL;
}
